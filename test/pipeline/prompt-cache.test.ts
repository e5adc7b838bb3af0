import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, openProxy, post, type TestProxy } from '../support/proxy.ts'

const TOOLS = [{ type: 'function', function: { name: 'run', description: 'd', parameters: { type: 'object' } } }]
const CHAT_BODY = {
  model: 'm',
  max_tokens: 50,
  tools: TOOLS,
  messages: [
    { role: 'system', content: 'be brief. '.repeat(600) },
    { role: 'user', content: 'hi' },
  ],
}

const sentMarks = (proxy: TestProxy): number =>
  JSON.stringify(proxy.simulator.requests().at(-1)?.json).split('"cache_control"').length - 1

describe.each([
  [true, 3],
  [false, 0],
])('with PROMPT_CACHE_ENABLED=%p', (originatesCacheMarks, marks) => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ pipeline: { originatesCacheMarks } })
  })
  afterAll(() => proxy.stop())
  beforeEach(() => proxy.clear())

  test(`a Chat client's prompt reaches an Anthropic provider with ${marks} marks`, async () => {
    const response = await post(proxy, CHAT_BODY, { path: '/v1/chat/completions' })

    expect(response.status).toBe(200)
    expect(sentMarks(proxy)).toBe(marks)
    expect(response.headers.get('x-lynkr-dropped')).toBeNull()
  })

  test("an Anthropic client's prompt goes on as it came", async () => {
    const body = JSON.stringify({
      model: 'm',
      max_tokens: 5,
      system: 'x'.repeat(6_000),
      messages: [{ role: 'user', content: 'hi' }],
    })

    await (await post(proxy, body)).text()

    expect(new TextDecoder().decode(proxy.simulator.requests()[0]?.body)).toBe(body)
  })
})

test.each([
  ['anthropic.claude-sonnet-5-5', 3],
  ['us.amazon.nova-pro-v1:0', 2],
  ['meta.llama4-maverick-v1:0', 0],
  ['anthropic.claude-3-haiku-20240307-v1:0', 0],
])("a Chat client's prompt reaches %s by Converse with %i cache points", async (model, points) => {
  const provider = { ...rowProvider('bedrock-converse'), model, modelMap: [] }
  const proxy = await openProxy({ provider, pipeline: { originatesCacheMarks: true } })

  const response = await post(proxy, CHAT_BODY, { path: '/v1/chat/completions' })
  await response.text()

  const sent = JSON.stringify(proxy.simulator.requests().at(-1)?.json)
  expect(response.status).toBe(200)
  expect(sent.split('"cachePoint"').length - 1).toBe(points)
  expect(response.headers.get('x-lynkr-dropped')).toBeNull()
  await proxy.stop()
})

test('a Messages client that marks nothing is not marked for before Converse either', async () => {
  const provider = { ...rowProvider('bedrock-converse'), model: 'anthropic.claude-sonnet-5-5', modelMap: [] }
  const proxy = await openProxy({ provider, pipeline: { originatesCacheMarks: true } })
  const turns = [
    { role: 'user', content: 'x'.repeat(6_000) },
    { role: 'assistant', content: 'y' },
    { role: 'user', content: 'z' },
  ]

  await (await post(proxy, { model: 'm', max_tokens: 5, messages: turns })).text()

  expect(JSON.stringify(proxy.simulator.requests()[0]?.json)).not.toContain('cachePoint')
  await proxy.stop()
})

test('a Chat provider gets no marks, and nothing is called lost that nobody asked for', async () => {
  const proxy = await openProxy({ provider: CHAT_PROVIDER, pipeline: { originatesCacheMarks: true } })

  const response = await post(proxy, CHAT_BODY, { path: '/v1/chat/completions' })
  await response.text()

  expect(sentMarks(proxy)).toBe(0)
  expect(response.headers.get('x-lynkr-dropped')).toBeNull()
  await proxy.stop()
})
