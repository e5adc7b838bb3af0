import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Script } from '../../src/simulator/script.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { CLIENTS, type ClientSide, dialectOf, rowProvider, UPSTREAM_ROWS } from './lanes.ts'
import { eventsOf } from './read-answer.ts'

/** Status upstream → status and error type for each kind of client, where the dialect changes on the way. */
const REFUSALS: readonly [sent: number, messages: readonly [number, string], chat: readonly [number, string]][] = [
  [400, [400, 'invalid_request_error'], [400, 'invalid_request_error']],
  [401, [401, 'authentication_error'], [401, 'invalid_request_error']],
  [403, [403, 'permission_error'], [403, 'invalid_request_error']],
  [404, [404, 'not_found_error'], [404, 'invalid_request_error']],
  [413, [413, 'request_too_large'], [413, 'invalid_request_error']],
  [429, [429, 'rate_limit_error'], [429, 'rate_limit_error']],
  [500, [500, 'api_error'], [500, 'server_error']],
  [503, [529, 'overloaded_error'], [503, 'server_error']],
  [529, [529, 'overloaded_error'], [503, 'server_error']],
]

/** Servers that speak a vendor's dialect, but not in their errors. */
const OWN_ENVELOPE = /^(bedrock|vertex|databricks)/

/** What a stream of each kind ends in where it is complete, and what where it is not. */
const ENDS = { messages: 'message_stop', chat: '"finish_reason":"', responses: 'response.completed' } as const
const FAILURES = { messages: /event: error/, chat: /"error":\{/, responses: /event: (response\.failed|error)/ } as const

/** Ways in which an answer breaks behind its first words. */
const BREAKS: readonly [name: string, script: Script][] = [
  ['an error event', { delayMs: 80, fault: { type: 'error_event', afterEvents: 5 } }],
  ['an end without a finish', { fault: { type: 'eof', afterEvents: 5 } }],
  ['a reset connection', { fault: { type: 'reset', at: 'body', afterEvents: 5 } }],
]

for (const row of UPSTREAM_ROWS) {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: rowProvider(row) })
  })
  afterEach(() => proxy.clear())
  afterAll(() => proxy.stop())

  for (const client of CLIENTS) {
    // An envelope of the server's own is one that no client reads: it is written anew.
    const isSame = dialectOf(row) === client.surface.id && !OWN_ENVELOPE.test(row)
    describe(`a ${client.name} client before ${row}`, () => {
      for (const [sent, messages, chat] of REFUSALS) {
        const [status, type] = isSame ? [sent, null] : client.name === 'messages' ? messages : chat
        for (const stream of [true, false]) {
          test(`is told ${status} of a ${sent}, ${stream ? 'streamed' : 'whole'}`, async () => {
            proxy.simulator.setDefault({ status: sent, message: 'the very words', headers: { 'retry-after': '0' } })

            const response = await ask(proxy, client, stream)

            const json = JSON.parse(await response.text())
            expect(response.status).toBe(status)
            expect(JSON.stringify(json)).toContain('the very words')
            if (type !== null) expect(json.error.type).toBe(type)
            if (type !== null) expect(json.type).toBe(client.name === 'messages' ? 'error' : undefined)
            expect(response.headers.get('content-type')).toStartWith('application/json')
            if (sent === 429) expect(response.headers.get('retry-after')).toBe('0')
          })
        }
      }

      for (const [name, broken] of BREAKS) {
        test(`gets the words, an error and no end after ${name}`, async () => {
          const blocks = [{ text: 'a long answer in many small pieces, more than the break lets through' }]
          proxy.simulator.setDefault({ blocks, chunkChars: 4, delayMs: 30, ...broken })

          const bytes = await (await ask(proxy, client, true)).bytes()

          const text = new TextDecoder().decode(bytes)
          const events = eventsOf(bytes, client)
          expect(events.some((event) => event.type === 'block_delta')).toBe(true)
          expect(events.at(-1)?.type).toBe('error')
          expect(text).not.toContain(ENDS[client.name])
          expect(text).toMatch(FAILURES[client.name])
        })
      }

      test('whose whole answer is cut gets an error, not half an answer', async () => {
        proxy.simulator.setDefault({ blocks: [{ text: 'a long answer' }], fault: { type: 'truncated' } })

        const response = await ask(proxy, client, false)

        expect(response.status).toBeGreaterThanOrEqual(500)
        expect(await response.text()).toContain('error')
      })

      test('that asks for too much hears it in words that make it compact', async () => {
        const message = row.startsWith('bedrock')
          ? 'Input is too long for requested model.'
          : isAnthropic(row)
            ? 'prompt is too long: 250000 tokens > 200000 maximum'
            : "This model's maximum context length is 200000 tokens. However, your messages resulted in 250000 tokens."
        proxy.simulator.setDefault({ status: 400, message })

        const json = JSON.parse(await (await ask(proxy, client, true)).text())

        const words =
          client.name === 'messages'
            ? 'prompt is too long'
            : /maximum context length|context_length_exceeded|prompt is too long/
        expect(JSON.stringify(json)).toMatch(words)
      })
    })
  }
}

function isAnthropic(row: string): boolean {
  return dialectOf(row) === 'anthropic'
}

/** A model of its own for each request: a target that was refused rests before it is asked again. */
let asked = 0

function ask(proxy: TestProxy, client: ClientSide, stream: boolean): Promise<Response> {
  const messages = [{ role: 'user', content: 'go' }]
  const own = client.name === 'responses' ? { input: 'go' } : { messages }
  const limit = client.name === 'messages' ? { max_tokens: 100 } : {}
  return post(proxy, { model: `claude-${asked++}`, stream, ...limit, ...own }, { path: client.path })
}
