import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, openProxy, post, type TestProxy } from '../support/proxy.ts'

const HELLO = { model: 'gpt-6.1-sol', messages: [{ role: 'user', content: 'hi there' }] } as const
const PATH = { path: '/v1/chat/completions' } as const
const ANSWER = { blocks: [{ text: 'hello' }], usage: { inputTokens: 5, outputTokens: 2 } }

let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy({ provider: CHAT_PROVIDER })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

describe('a Chat client before a Chat provider', () => {
  test('who did not ask for usage gets none, and is metered all the same', async () => {
    proxy.simulator.enqueue(ANSWER)

    const text = await (await post(proxy, { ...HELLO, stream: true }, PATH)).text()

    expect(text).not.toContain('"prompt_tokens"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    const [record] = await proxy.settled(1)
    expect(record).toMatchObject({ lane: 'passthrough', outcome: 'ok', isUsageEstimated: false })
    expect(record?.usage).toMatchObject({ inputTokens: 5, outputTokens: 2 })
    expect(proxy.simulator.requests()[0]?.json).toMatchObject({ stream_options: { include_usage: true } })
  })

  test('who asked for usage gets it, in bytes as the upstream sent them', async () => {
    proxy.simulator.enqueue(ANSWER)
    const body = JSON.stringify({ ...HELLO, stream: true, stream_options: { include_usage: true } })

    const text = await (await post(proxy, body, PATH)).text()

    expect(text).toContain('"prompt_tokens":5')
    expect(proxy.simulator.requests()[0]?.text).toBe(body)
  })

  test('who leaves between the end of the answer and what it used is charged what it used', async () => {
    const usage = { inputTokens: 5, outputTokens: 20_000 }
    proxy.simulator.enqueue({ blocks: [{ text: 'hello' }], usage, delayMs: 100 })
    const leave = new AbortController()
    const response = await post(proxy, { ...HELLO, stream: true }, { ...PATH, signal: leave.signal })
    const reader = response.body?.getReader()
    let text = ''
    while (!/"finish_reason":\s*"/.test(text)) text += Buffer.from((await reader?.read())?.value ?? []).toString()

    leave.abort()

    const [record] = await proxy.settled(1)
    expect(record?.usage).toMatchObject(usage)
    expect(record?.isUsageEstimated).toBe(false)
  })

  test('who leaves there is not waited for if nothing comes behind the end', async () => {
    // The chunk that ends the answer is the third: role, text, end.
    proxy.simulator.enqueue({ ...ANSWER, fault: { type: 'hang', at: 'body', afterEvents: 3 } })
    const leave = new AbortController()
    const response = await post(proxy, { ...HELLO, stream: true }, { ...PATH, signal: leave.signal })
    const reader = response.body?.getReader()
    let text = ''
    while (!/"finish_reason":\s*"/.test(text)) text += Buffer.from((await reader?.read())?.value ?? []).toString()

    leave.abort()

    const [record] = await proxy.settled(1)
    expect([record?.outcome, record?.isUsageEstimated]).toEqual(['client_closed', true])
  })

  test('keeps the other stream options', async () => {
    proxy.simulator.enqueue(ANSWER)

    await (await post(proxy, { ...HELLO, stream: true, stream_options: { include_obfuscation: false } }, PATH)).text()

    expect(proxy.simulator.requests()[0]?.json).toMatchObject({
      stream_options: { include_obfuscation: false, include_usage: true },
    })
  })

  test('whose library marks calls for the cache reaches Databricks, which takes marks elsewhere only, at once', async () => {
    const databricks = await openProxy({ provider: rowProvider('databricks') })
    const cache_control = { type: 'ephemeral' }
    const call = { id: 'c1', type: 'function', function: { name: 'read', arguments: '{}' } }
    const part = { type: 'text', text: 'hi', cache_control }
    const turns = (calls: object[]) => [
      { role: 'user', content: [part] },
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: 'c1', content: 'done' },
    ]

    const response = await post(databricks, { model: 'm', messages: turns([{ ...call, cache_control }]) }, PATH)

    const requests = databricks.simulator.requests()
    expect([response.status, requests.length]).toEqual([200, 1])
    expect(response.headers.get('x-lynkr-dropped')).toBe('tool_calls.cache_control')
    expect(requests[0]?.json).toMatchObject({ messages: turns([call]) })
    expect(requests[0]?.text.split('cache_control')).toHaveLength(2)
    await databricks.stop()
  })

  test('reaches a server that refuses a model name without one', async () => {
    const databricks = await openProxy({
      provider: {
        ...CHAT_PROVIDER,
        paths: { chat: '/serving-endpoints/{model}/invocations', countTokens: null, models: null, embeddings: null },
        quirks: { omitModel: true, maxTokensField: 'max_tokens' },
      },
    })

    const response = await post(databricks, HELLO, PATH)

    expect(response.status).toBe(200)
    expect(databricks.simulator.requests()[0]?.path).toBe('/serving-endpoints/gpt-6.1-sol/invocations')
    expect(databricks.simulator.requests()[0]?.json).not.toHaveProperty('model')
    await databricks.stop()
  })
})
