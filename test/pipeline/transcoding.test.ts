import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy, UPSTREAM_KEY } from '../support/proxy.ts'

let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy({ provider: CHAT_PROVIDER })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

const TOOLS = [
  { name: 'run', description: 'runs', input_schema: { type: 'object', properties: { model: { type: 'string' } } } },
]

describe('a Messages client before a Chat provider', () => {
  test('gets a streamed text in its own grammar', async () => {
    proxy.simulator.enqueue({ blocks: [{ text: 'hello' }], usage: { inputTokens: 5, outputTokens: 2 } })

    const response = await post(proxy, { ...HELLO, stream: true }, { headers: { 'anthropic-beta': 'x' } })
    const text = await response.text()

    const events = [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1])
    expect(events.filter((event) => event !== 'ping' && event !== 'content_block_delta')).toEqual([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    const [record] = await proxy.settled(1)
    expect(record).toMatchObject({ lane: 'transcode', outcome: 'ok', isUsageEstimated: false })
    expect(record?.usage).toMatchObject({ inputTokens: 5, outputTokens: 2 })
    const [received] = proxy.simulator.requests()
    expect(received?.path).toBe('/v1/chat/completions')
    expect(received?.headers.get('authorization')).toBe(`Bearer ${UPSTREAM_KEY}`)
  })

  test('gets a tool call, streamed and whole', async () => {
    for (const stream of [true, false]) {
      proxy.simulator.enqueue({ blocks: [{ tool: { name: 'run', input: { model: 'x' }, id: 'call_1' } }] })

      const text = await (await post(proxy, { ...HELLO, stream, tools: TOOLS })).text()

      expect(text).toContain('tool_use')
      expect(text).toContain('"run"')
    }
  })

  test('gets a whole answer as a message', async () => {
    proxy.simulator.enqueue({ blocks: [{ text: 'hello' }] })

    const json = JSON.parse(await (await post(proxy, HELLO)).text())

    expect(json.type).toBe('message')
    expect(json.content).toEqual([{ type: 'text', text: 'hello' }])
    expect(json.stop_reason).toBe('end_turn')
  })

  for (const [status, type] of [
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
  ] as const) {
    test(`gets a ${status} in its own envelope`, async () => {
      proxy.simulator.enqueue({ status })

      const response = await post(proxy, { ...HELLO, stream: true })
      const json = JSON.parse(await response.text())

      expect(response.status).toBe(status)
      expect(json.type).toBe('error')
      expect(json.error.type).toBe(type)
    })
  }

  test('gets an error event where the stream is cut, and no end', async () => {
    proxy.simulator.enqueue({
      blocks: [{ text: 'a long answer in pieces' }],
      chunkChars: 3,
      delayMs: 3,
      fault: { type: 'eof', afterEvents: 5 },
    })

    const text = await (await post(proxy, { ...HELLO, stream: true })).text()

    expect(text).toContain('event: error')
    expect(text).not.toContain('message_stop')
    expect((await proxy.settled(1))[0]?.outcome).toBe('truncated')
  })
})

test('two tools of one name go to a server of another dialect as one, which would refuse both', async () => {
  const claude = await openProxy()
  claude.simulator.enqueue({ blocks: [{ text: 'hello' }] })
  const tool = (description: string) => ({ type: 'function', function: { name: 'run', description } })
  const messages = [{ role: 'user', content: 'hi' }]

  const body = { model: 'm', messages, tools: [tool('runs'), tool('goes'), tool('runs')] }
  const response = await post(claude, body, { path: '/v1/chat/completions' })

  expect(response.headers.get('x-lynkr-dropped')).toBe('tools.repeated')
  expect(Object(claude.simulator.requests()[0]?.json).tools).toMatchObject([{ name: 'run', description: 'runs' }])
  await claude.stop()
})
