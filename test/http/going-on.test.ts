import { afterEach, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'

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

  test('is refused work in the background and conversations kept elsewhere', async () => {
    proxy = await openProxy({ provider: rowProvider('openai-responses') })

    expect((await ask({ input: 'x', background: true })).json).toMatchObject({ error: { param: 'background' } })
    expect((await ask({ input: 'x', conversation: 'conv_1' })).json).toMatchObject({ error: { param: 'conversation' } })
    expect(proxy.simulator.requests()).toEqual([])
  })
})
