import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkWire } from '../dialect/openai-responses/wire-grammar.ts'
import { CLIENTS, type ClientSide, rowProvider } from '../matrix/lanes.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { openSocketClient } from '../support/socket-client.ts'

/** Nothing of lynkr's own may come between, however slow the machine. */
const PATIENT = { firstEventMs: 600_000, idleMs: 600_000, pingMs: 600_000 }
/** Each byte is a turn of the loop, which on a loaded machine may take milliseconds. */
const TEST_MS = 120_000
const OWN_ROW = { messages: 'anthropic', chat: 'openai', responses: 'openai-responses' } as const

const ASKING: Record<ClientSide['name'], object> = {
  messages: { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], stream: true },
  chat: {
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    stream_options: { include_usage: true },
  },
  responses: { model: 'm', input: 'hi', stream: true, store: false },
}

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }

/** A whole answer as its server would write it: names and data of its events. */
const EVENTS: Record<
  ClientSide['name'],
  (texts: readonly string[]) => readonly (readonly [string, object | string])[]
> = {
  messages: (texts) => [
    ['message_start', { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
    ...texts.map((text) => {
      const delta = { type: 'text_delta', text }
      return ['content_block_delta', { type: 'content_block_delta', index: 0, delta }] as const
    }),
    ['content_block_stop', { type: 'content_block_stop', index: 0 }],
    ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }],
    ['message_stop', { type: 'message_stop' }],
  ],
  chat: (texts) => [
    ...texts.map(
      (content) => ['', { ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] }] as const,
    ),
    ['', { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }],
    ['', { ...head, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }],
    ['', '[DONE]'],
  ],
  responses: (texts) => [
    ['response.created', { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } }],
    ...texts.map((delta) => {
      const type = 'response.output_text.delta'
      return [type, { type, ...at, delta }] as const
    }),
    ['response.completed', { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } }],
  ],
}

const textArbitrary = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const streamArbitrary = fc.record({
  texts: fc.array(textArbitrary, { minLength: 1, maxLength: 6 }),
  /** How this server ends its lines, and what it says that is no event. */
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  comments: fc.array(fc.constantFrom('', ': keep-alive', ':'), { maxLength: 3 }),
  bytes: fc.integer({ min: 1, max: 40 }),
})

for (const client of CLIENTS) {
  describe(`a stream of ${client.name} that nothing changes`, () => {
    let proxy: TestProxy
    beforeAll(async () => {
      proxy = await openProxy({ provider: rowProvider(OWN_ROW[client.name]), timeouts: PATIENT })
    })
    afterAll(() => proxy.stop())

    const name = 'reaches the client byte for byte, wherever it is split on the way'
    test(name, { timeout: TEST_MS }, async () => {
      await fc.assert(
        fc.asyncProperty(streamArbitrary, async ({ texts, lineEnd, comments, bytes }) => {
          const between = comments.map((comment) => `${comment}${lineEnd}`).join('')
          const body = EVENTS[client.name](texts)
            .map(([event, data]) => {
              const lines = [`data: ${typeof data === 'string' ? data : JSON.stringify(data)}`, '', '']
              return [...(event === '' ? [] : [`event: ${event}`]), ...lines].join(lineEnd)
            })
            .join(between)
          const headers = { 'content-type': 'text/event-stream' }
          proxy.clear()
          proxy.simulator.enqueue({ body, headers, fault: { type: 'split', bytes } })

          const response = await post(proxy, ASKING[client.name], { path: client.path })

          const text = await response.text()
          // A CR ends the stream: whether an LF follows it is not waited for.
          expect(text).toBe(text.endsWith('\r') ? body.replace(/\n$/, '') : body)
          expect((await proxy.settled(1))[0]).toMatchObject({ lane: 'passthrough', outcome: 'ok' })
        }),
        { numRuns: 20 },
      )
    })
  })
}

for (const row of ['anthropic', 'bedrock', 'bedrock-converse', 'gemini', 'openai', 'openai-responses']) {
  test(`an answer of ${row} that comes byte by byte is whole over a WebSocket`, { timeout: TEST_MS }, async () => {
    const proxy = await openProxy({ provider: { ...rowProvider(row), model: null }, timeouts: PATIENT })
    const said = 'Grüße, 世界 🌍, byte by byte. '.repeat(2)
    proxy.simulator.enqueue({ blocks: [{ text: said }], chunkChars: 9, fault: { type: 'split', bytes: 1 } })
    const client = await openSocketClient(proxy.url)

    client.send({ type: 'response.create', model: 'gpt-5.5', input: 'hi', store: false })
    const events = await client.answer()

    checkWire(events)
    expect(events.flatMap(({ type, delta }) => (type === 'response.output_text.delta' ? [delta] : [])).join('')).toBe(
      said,
    )
    client.close()
    await proxy.stop()
  })
}
