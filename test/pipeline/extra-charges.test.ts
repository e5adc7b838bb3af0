import { afterEach, describe, expect, test } from 'bun:test'
import { flatPrices, type ModelPrices, toolFees } from '../../src/budget/prices.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, type ProxyOptions, post, type TestProxy } from '../support/proxy.ts'
import { openTestSpending } from '../support/spending.ts'

/** A dollar per million tokens in, two out; ten dollars per thousand searches in the web, two and a half in files. */
const PRICES: ModelPrices = { base: flatPrices({ input: 1, output: 2 }), tiers: [], fees: toolFees(10, 2.5) }
/** What 40 tokens in and 30 out cost by them, in micro-dollars. */
const TOKENS = 100

const opened: TestProxy[] = []
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.stop()
})

/** What a request costs that is answered with this body. */
async function costOf(options: ProxyOptions & { path: string; asked: object; answer: object }): Promise<number | null> {
  const { path, asked, answer, ...rest } = options
  const spending = openTestSpending({ prices: new Map([['*', PRICES]]) })
  const proxy = await openProxy({ ...rest, pipeline: { spending } })
  opened.push(proxy)
  proxy.simulator.enqueue({ body: JSON.stringify(answer) })
  const response = await post(proxy, asked, { path })
  const [record] = await proxy.settled(1)
  expect(response.status).toBe(200)
  return record?.costMicroUsd ?? null
}

const MESSAGES = {
  path: '/v1/messages',
  asked: { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
}
const CHAT = { path: '/v1/chat/completions', asked: { model: 'm', messages: [{ role: 'user', content: 'x' }] } }
const RESPONSES = { path: '/v1/responses', asked: { model: 'm', input: 'x' } }

function message(usage: object) {
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' }
  return { ...head, content: [{ type: 'text', text: 'x' }], usage: { input_tokens: 40, output_tokens: 30, ...usage } }
}

function responseOf(output: readonly object[], more: object = {}) {
  const text = { type: 'message', id: 'i', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] }
  const usage = { input_tokens: 40, output_tokens: 30, total_tokens: 70 }
  const head = { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm' }
  return { ...head, output: [...output, text], usage, ...more }
}

describe("searches of a vendor's own are charged by the call", () => {
  const answer = message({ server_tool_use: { web_search_requests: 3 } })

  test('where Anthropic counts them, for its own clients and for others', async () => {
    expect(await costOf({ ...MESSAGES, answer })).toBe(TOKENS + 30_000)
    expect(await costOf({ ...CHAT, answer })).toBe(TOKENS + 30_000)
  })

  test("where they stand in a response's output", async () => {
    const provider = rowProvider('openai-responses')
    const output = [
      { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search', query: 'x' } },
      { type: 'file_search_call', id: 'f', status: 'completed', queries: ['x'] },
    ]

    expect(await costOf({ ...RESPONSES, provider, answer: responseOf(output) })).toBe(TOKENS + 12_500)
    expect(await costOf({ ...MESSAGES, provider, answer: responseOf(output) })).toBe(TOKENS + 12_500)
  })
})
