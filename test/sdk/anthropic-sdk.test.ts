import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { rowProvider, UPSTREAM_ROWS } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'
import { failureOf, LAST_TRY, ROUND_TRIP } from './rig.ts'

const HELLO = { max_tokens: 200, messages: [{ role: 'user' as const, content: 'hi' }] }
const TOOL = {
  name: 'weather',
  description: 'tells the weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
}
const USAGE = { inputTokens: 40, cacheReadTokens: 60, outputTokens: 23 }

for (const row of UPSTREAM_ROWS) {
  describe(`the Anthropic SDK before ${row}`, () => {
    let proxy: TestProxy
    let client: Anthropic
    let asked = 0
    /** A target that was refused rests, so every request has its own, by whatever name. */
    const hello = () => ({ ...HELLO, model: `claude-${asked++}` })
    beforeAll(async () => {
      proxy = await openProxy({ provider: { ...rowProvider(row), model: null } })
      client = new Anthropic({ baseURL: proxy.url, apiKey: 'of-the-client', maxRetries: 0 })
    })
    afterEach(() => proxy.clear())
    afterAll(() => proxy.stop())

    test('gets a message', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'Hello.' }], usage: USAGE })

      const message = await client.messages.create(hello())

      expect(message.content).toMatchObject([{ type: 'text', text: 'Hello.' }])
      expect(message.stop_reason).toBe('end_turn')
      expect(message.usage).toMatchObject({ input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 23 })
    })

    test('streams: its helper sees the texts and folds the final message', async () => {
      const blocks = [{ thinking: 'Let me see.' }, { text: 'It is sunny there today.' }]
      proxy.simulator.enqueue({ blocks, chunkChars: 5, usage: USAGE })
      const texts: string[] = []
      const thoughts: string[] = []

      const stream = client.messages
        .stream({ ...hello(), thinking: { type: 'adaptive' } })
        .on('text', (text) => texts.push(text))
        .on('thinking', (text) => thoughts.push(text))
      const message = await stream.finalMessage()

      expect(texts.join('')).toBe('It is sunny there today.')
      expect(thoughts.join('')).toBe('Let me see.')
      expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text'])
      expect(message.usage).toMatchObject({ input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 23 })
      expect(await stream.finalText()).toBe('It is sunny there today.')
    })

    for (const stream of [true, false]) {
      test(`loops through a tool, ${stream ? 'streamed' : 'whole'}`, async () => {
        proxy.simulator.setDefault(...ROUND_TRIP)
        const base = { ...hello(), tools: [TOOL] }
        const ask = (messages: Anthropic.MessageParam[]) =>
          stream
            ? client.messages.stream({ ...base, messages }).finalMessage()
            : client.messages.create({ ...base, messages })

        const first = await ask(base.messages)
        const [call] = first.content
        const result = { type: 'tool_result' as const, tool_use_id: 'call_1', content: '21 °C' }
        const turns: Anthropic.MessageParam[] = [
          { role: 'assistant', content: first.content },
          { role: 'user', content: [result] },
        ]
        const second = await ask([...base.messages, ...turns])

        expect(first.stop_reason).toBe('tool_use')
        expect(call).toMatchObject({ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Łódź' } })
        expect(second.content).toMatchObject([{ type: 'text', text: 'Sunny.' }])
      })
    }

    const refusals = [
      [400, Anthropic.BadRequestError],
      [401, Anthropic.AuthenticationError],
      [403, Anthropic.PermissionDeniedError],
      [404, Anthropic.NotFoundError],
      [429, Anthropic.RateLimitError],
      [500, Anthropic.InternalServerError],
      [529, Anthropic.InternalServerError],
    ] as const
    for (const [status, kind] of refusals) {
      test(`throws ${kind.name} at a ${status}`, async () => {
        proxy.simulator.setDefault({ status, message: 'the very words', headers: { 'retry-after': '7' } })

        const thrown = await failureOf(client.messages.create(hello(), { headers: LAST_TRY }))

        expect(thrown).toBeInstanceOf(kind)
        expect(thrown).toMatchObject({ status, message: expect.stringContaining('the very words') })
        if (status === 429) expect(thrown).toHaveProperty('headers')
        if (status === 429 && thrown instanceof Anthropic.APIError) expect(thrown.headers?.get('retry-after')).toBe('7')
      })
    }

    test('throws from a stream that fails inside, after the words that came', async () => {
      const fault = { type: 'error_event' as const, afterEvents: 5, message: 'it broke' }
      proxy.simulator.setDefault({ blocks: [{ text: 'words and words and words' }], chunkChars: 4, delayMs: 80, fault })
      const texts: string[] = []

      const stream = client.messages.stream(hello()).on('text', (text) => texts.push(text))
      const thrown = await failureOf(stream.finalMessage())

      expect(thrown).toBeInstanceOf(Anthropic.APIError)
      expect(texts.length).toBeGreaterThan(0)
    })

    test('that aborts ends the request upstream too', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'words '.repeat(100) }], chunkChars: 4, delayMs: 20 })

      const stream = client.messages.stream(hello())
      stream.on('text', () => stream.abort())
      const thrown = await failureOf(stream.finalMessage())

      expect(thrown).toBeInstanceOf(Anthropic.APIUserAbortError)
      const seen = await proxy.simulator.waitForRequest((request) => request.aborted)
      expect(seen.aborted).toBe(true)
      expect((await proxy.settled(1))[0]?.outcome).toBe('client_closed')
    })

    test('counts tokens, never fewer than there are', async () => {
      const words = 'every word is counted here '.repeat(200)

      const { input_tokens } = await client.messages.countTokens({
        model: 'claude-x',
        messages: [{ role: 'user', content: words }],
      })

      expect(input_tokens).toBeGreaterThanOrEqual(1_000)
      expect(input_tokens).toBeLessThan(5_000)
    })
  })
}

test('the Anthropic SDK tries again by itself, and is not refused twice', async () => {
  const proxy = await openProxy({ provider: rowProvider('databricks') })
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'of-the-client' })
  proxy.simulator.enqueue({ status: 503, headers: { 'retry-after': '0' } }, { blocks: [{ text: 'Hello.' }] })

  const message = await client.messages.create({ ...HELLO, model: 'claude-x' })

  expect(message.content).toMatchObject([{ text: 'Hello.' }])
  await proxy.stop()
})

test("the Anthropic SDK reads lynkr's own list of models", async () => {
  const proxy = await openProxy({ provider: { catalogue: { models: ['claude-one', 'claude-two'], isClosed: false } } })
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'of-the-client' })

  const ids: string[] = []
  for await (const model of client.models.list()) ids.push(model.id)

  expect(ids).toEqual(['claude-one', 'claude-two'])
  await proxy.stop()
})
