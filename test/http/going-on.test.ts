import { afterEach, describe, expect, test } from 'bun:test'
import { openSingleFlight } from '../../src/cache/single-flight.ts'
import { Secret } from '../../src/core/secret.ts'
import type { AnswerCache } from '../../src/pipeline/ports.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { openSqliteResponseCache } from '../../src/store/sqlite-response-cache.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { openSocketClient } from '../support/socket-client.ts'

type Json = Readonly<Record<string, unknown>>

let proxy: TestProxy
afterEach(() => proxy.stop())

async function ask(members: Json, headers: Record<string, string> = {}): Promise<{ status: number; json: Json }> {
  const response = await post(proxy, { model: 'gpt-5.5', ...members }, { path: '/v1/responses', headers })
  if (members.stream !== true) return { status: response.status, json: (await response.json()) as Json }
  const last = (await response.text()).split('data: ').at(-1) ?? '{}'
  return { status: response.status, json: JSON.parse(last).response }
}

describe('a client that goes on from an earlier answer over HTTP', () => {
  for (const stream of [true, false]) {
    test(`has it before a provider that knows no names, ${stream ? 'streamed' : 'whole'}`, async () => {
      proxy = await openProxy({ provider: rowProvider('anthropic') })
      proxy.simulator.enqueue({ blocks: [{ text: 'Blue.' }] }, { blocks: [{ text: 'Because I said so.' }] })

      const first = await ask({ input: 'Which colour?', stream })
      const second = await ask({ input: 'Why?', previous_response_id: first.json.id, stream })

      expect(second.status).toBe(200)
      const [, received] = proxy.simulator.requests()
      expect(received?.json).toMatchObject({
        messages: [
          { role: 'user', content: [{ text: 'Which colour?' }] },
          { role: 'assistant', content: [{ text: 'Blue.' }] },
          { role: 'user', content: [{ text: 'Why?' }] },
        ],
      })
    })
  }

  test('has its own conversation, though the server behind it gives the names of its answers again', async () => {
    const answer = (content: string) => ({
      ...{ id: 'chatcmpl-7', object: 'chat.completion', created: 1, model: 'm' },
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    })
    const received: string[] = []
    const server = Bun.serve({
      port: 0,
      async fetch(request) {
        received.push(await request.text())
        return Response.json(answer('Blue.'))
      },
    })
    proxy = await openProxy({ provider: { ...rowProvider('openai'), baseUrl: `http://127.0.0.1:${server.port}` } })

    const first = await ask({ input: 'Which colour?' })
    await ask({ input: 'a secret of somebody else' })
    await ask({ input: 'Why?', previous_response_id: first.json.id })

    expect(received[2]).toContain('Which colour?')
    expect(received[2]).not.toContain('a secret of somebody else')
    await server.stop(true)
  })

  test('has not what it asked not to be kept, nor what nobody said', async () => {
    proxy = await openProxy({ provider: rowProvider('anthropic') })

    const first = await ask({ input: 'Which colour?', store: false })
    const gone = await ask({ input: 'Why?', previous_response_id: first.json.id })
    const never = await ask({ input: 'Why?', previous_response_id: 'resp_never' })

    for (const { status, json } of [gone, never]) {
      expect(status).toBe(400)
      expect(json).toMatchObject({
        error: { code: 'previous_response_not_found', param: 'previous_response_id', type: 'invalid_request_error' },
      })
    }
  })

  test('leaves it to a provider that keeps answers itself, byte for byte', async () => {
    proxy = await openProxy({ provider: rowProvider('openai-responses') })

    const first = await ask({ input: 'Which colour?' })
    const body = `{"model":"gpt-5.5", "previous_response_id":"${first.json.id}","input":"Why?"}`
    const second = await post(proxy, body, { path: '/v1/responses' })
    const unknown = await ask({ input: 'Why?', previous_response_id: 'resp_of_yesterday' })

    expect(second.status).toBe(200)
    expect(proxy.simulator.requests()[1]?.text).toBe(body)
    expect(unknown.status).toBe(200)
  })

  test('keeps what the provider knows of a conversation that moves to a WebSocket', async () => {
    proxy = await openProxy({ provider: rowProvider('openai-responses') })
    const first = await ask({ input: 'Which colour?' })
    const socket = await openSocketClient(proxy.url)
    const turn = async (members: Json): Promise<Json> => {
      socket.send({ type: 'response.create', model: 'gpt-5.5', ...members })
      const last = (await socket.answer()).at(-1)
      return (last?.response ?? last) as Json
    }

    const second = await turn({ input: 'Why?', previous_response_id: first.json.id })
    const third = await turn({ input: 'Really?', previous_response_id: second.id })
    const unkept = await turn({ input: 'So?', previous_response_id: third.id, store: false })
    const afterUnkept = await turn({ input: 'And?', previous_response_id: unkept.id })
    const warm = await turn({ input: 'Well?', previous_response_id: third.id, generate: false })
    const afterWarm = await turn({ input: 'And?', previous_response_id: warm.id })

    const sent = proxy.simulator.requests().map(({ json }) => (json as Json).previous_response_id)
    expect(sent).toEqual([undefined, first.json.id, second.id, third.id])
    for (const refused of [afterUnkept, afterWarm]) {
      expect(refused).toMatchObject({ error: { code: 'previous_response_not_found' } })
    }
    socket.close()
  })

  test('is not told from the cache what stands on a conversation that the provider keeps', async () => {
    const store = openSqliteResponseCache({ path: ':memory:', bytesMax: 1e6, ageMaxMs: 6e4, onFault: () => undefined })
    const cache: AnswerCache = {
      ...{ store, flights: openSingleFlight(), sha256, isShared: false },
      ...{ isOnFor: () => true, onLookup: () => undefined },
    }
    proxy = await openProxy({ provider: rowProvider('openai-responses'), pipeline: { cache } })
    const first = await ask({ input: 'Which colour?' })

    await ask({ input: 'Why?', previous_response_id: first.json.id })
    const again = await ask({ input: 'Why?', previous_response_id: first.json.id })
    await ask({ input: 'Really?', previous_response_id: again.json.id })

    const sent = proxy.simulator.requests().map(({ json }) => (json as Json).previous_response_id)
    expect(sent).toEqual([undefined, first.json.id, first.json.id, again.json.id])
  })

  test('cannot name an answer that the provider keeps for another key', async () => {
    const keys = ['a-key-of-at-least-22-characters', 'another-key-of-22-characters']
    proxy = await openProxy({ provider: rowProvider('openai-responses'), apiKeys: keys })
    const [own, other] = keys.map((key) => ({ authorization: `Bearer ${key}` }))

    const first = await ask({ input: 'Which colour?' }, own)
    const stolen = await ask({ input: 'Why?', previous_response_id: first.json.id }, other)
    const second = await ask({ input: 'Why?', previous_response_id: first.json.id }, own)

    const count = { model: 'gpt-5.5', input: 'Why?', previous_response_id: first.json.id }
    const counted = await post(proxy, count, { path: '/v1/responses/input_tokens', headers: other ?? {} })

    expect(stolen.status).toBe(400)
    expect(second.status).toBe(200)
    expect(counted.status).toBe(400)
    expect(proxy.simulator.requests()).toHaveLength(2)
  })

  test('comes to the provider with the key whose account keeps the answer', async () => {
    const keys = ['sk-of-one', 'sk-of-two', 'sk-of-three'].map((key) => new Secret(key))
    proxy = await openProxy({ provider: { ...rowProvider('openai-responses'), keys } })
    let id: unknown

    for (let i = 0; i < 8; i++) {
      const { json } = await ask({ input: 'And now?', ...(id !== undefined && { previous_response_id: id }) })
      id = json.id
    }
    await post(proxy, { model: 'gpt-5.5', previous_response_id: id }, { path: '/v1/responses/input_tokens' })

    const shown = proxy.simulator.requests().map(({ headers }) => headers.get('authorization'))
    expect(shown).toHaveLength(9)
    expect(new Set(shown).size).toBe(1)
  })

  test('counts what the provider keeps of the conversation, where the provider counts nothing', async () => {
    const paths = { chat: '/v1/responses', countTokens: null, models: null, embeddings: null }
    proxy = await openProxy({ provider: { ...rowProvider('openai-responses'), paths } })
    proxy.simulator.enqueue({ blocks: [{ text: 'Blue.' }], usage: { inputTokens: 40_000, outputTokens: 2 } })
    const first = await ask({ input: 'Which colour?' })

    const count = { model: 'gpt-5.5', input: 'Why?', previous_response_id: first.json.id }
    const counted = await post(proxy, count, { path: '/v1/responses/input_tokens' })

    expect(((await counted.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(40_000)
  }, 30_000)

  test('counts its instructions alone, before anything was said, whatever the provider speaks', async () => {
    proxy = await openProxy({ provider: rowProvider('anthropic') })

    const count = { model: 'gpt-5.5', instructions: 'Be brief.', input: [] }
    const counted = await post(proxy, count, { path: '/v1/responses/input_tokens' })

    expect(counted.status).toBe(200)
  })

  test('is refused work in the background and conversations kept elsewhere', async () => {
    proxy = await openProxy({ provider: rowProvider('openai-responses') })

    expect((await ask({ input: 'x', background: true })).json).toMatchObject({ error: { param: 'background' } })
    expect((await ask({ input: 'x', conversation: 'conv_1' })).json).toMatchObject({ error: { param: 'conversation' } })
    expect(proxy.simulator.requests()).toEqual([])
  })
})
