import { afterEach, describe, expect, test } from 'bun:test'
import type { Hold } from '../../src/budget/hold.ts'
import { flatPrices, type ModelPrices, toolFees } from '../../src/budget/prices.ts'
import type { Provider } from '../../src/core/target.ts'
import type { Script } from '../../src/simulator/script.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { dailyUsd, openTestGate } from '../support/budgets.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'
import { CHAT_PROVIDER, openProxy, type ProxyOptions, post, type TestProxy } from '../support/proxy.ts'
import { openTestSpending } from '../support/spending.ts'

/** A dollar per million tokens in, two out; ten dollars per thousand searches in the web, two and a half in files. */
const PRICES: ModelPrices = {
  base: flatPrices({ input: 1, output: 2 }),
  tiers: [],
  fees: toolFees(10, 2.5),
  rates: new Map(Object.entries({ priority: 2, flex: 0.5, fast: 6, us: 1.1 })),
}
/** What 40 tokens in and 30 out cost by them, in micro-dollars. */
const TOKENS = 100

const opened: TestProxy[] = []
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.stop()
})

/** What a request costs that is answered with this body. */
async function costOf(
  options: ProxyOptions & { path: string; asked: object; answer: object; prices?: ReadonlyMap<string, ModelPrices> },
): Promise<number | null> {
  const { path, asked, answer, prices = new Map([['*', PRICES]]), ...rest } = options
  const spending = openTestSpending({ prices })
  const proxy = await openProxy({ ...rest, pipeline: { spending } })
  opened.push(proxy)
  proxy.simulator.enqueue({ ...(path === '/v1/embeddings' && EMBEDDINGS), body: JSON.stringify(answer) })
  const response = await post(proxy, asked, { path })
  const [record] = await proxy.settled(1)
  expect(response.status).toBe(200)
  return record?.costMicroUsd ?? null
}

const EMBEDDINGS = { match: { operation: 'embeddings' } } as const
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

test('an advisor is charged at its own price, and the rest of the answer at that of the model that was asked', async () => {
  const dear: ModelPrices = { base: flatPrices({ input: 10, output: 50 }), tiers: [] }
  const prices = new Map([
    ['m', PRICES],
    ['dear', dear],
  ])
  const advisor = { type: 'advisor_message', input_tokens: 1_000, output_tokens: 100 }
  const told = (model: string) =>
    message({
      iterations: [
        { type: 'message', input_tokens: 40 },
        { ...advisor, model },
      ],
    })

  expect(await costOf({ ...MESSAGES, prices, answer: told('dear') })).toBe(TOKENS + 10_000 + 5_000)
  expect(await costOf({ ...MESSAGES, prices, answer: told('of-no-known-price') })).toBe(TOKENS + 1_000 + 200)
})

test('an answer that another model gave in place of the one that was asked is charged at the price of that one', async () => {
  const dear: ModelPrices = { base: flatPrices({ input: 10, output: 50 }), tiers: [] }
  const prices = new Map([
    ['m', PRICES],
    ['dear', dear],
  ])
  const served = { type: 'fallback_message', model: 'dear', input_tokens: 40, output_tokens: 30 }
  const answer = message({ iterations: [{ type: 'message', model: 'm', input_tokens: 40, output_tokens: 0 }, served] })

  expect(await costOf({ ...MESSAGES, prices, answer })).toBe(40 * 10 + 30 * 50)
})

describe('tokens are charged by what the answer says it was made at', () => {
  test.each([
    [{ speed: 'fast' }, 6 * TOKENS],
    [{ inference_geo: 'us' }, 1.1 * TOKENS],
    [{ speed: 'fast', inference_geo: 'us' }, 6.6 * TOKENS],
    [{ speed: 'standard', inference_geo: 'not_available', service_tier: 'priority' }, TOKENS],
  ])('by Anthropic: %p', async (told, microUsd) => {
    const asked = { ...MESSAGES.asked, speed: 'fast', inference_geo: 'us' }

    expect(await costOf({ ...MESSAGES, asked, answer: message(told) })).toBe(Math.round(microUsd))
  })

  test.each([
    ['priority', 2 * TOKENS],
    ['flex', TOKENS / 2],
    ['default', TOKENS],
    [undefined, TOKENS],
  ])('by OpenAI: %p', async (service_tier, microUsd) => {
    const usage = { prompt_tokens: 40, completion_tokens: 30, total_tokens: 70 }
    const choice = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }
    const completion = {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [choice],
      usage,
      service_tier,
    }
    const asked = { service_tier: 'priority' }

    const chat = { ...CHAT, asked: { ...CHAT.asked, ...asked }, provider: CHAT_PROVIDER }
    const responses = {
      ...RESPONSES,
      asked: { ...RESPONSES.asked, ...asked },
      provider: rowProvider('openai-responses'),
    }

    expect(await costOf({ ...chat, answer: completion })).toBe(microUsd)
    expect(await costOf({ ...responses, answer: responseOf([], { service_tier }) })).toBe(microUsd)
  })
})

describe('what OpenRouter says it takes', () => {
  const NO_PRICES: ReadonlyMap<string, ModelPrices> = new Map()
  const usage = { prompt_tokens: 40, completion_tokens: 30, total_tokens: 70 }
  const choice = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }
  const completion = (more: object) => ({ id: 'c', model: 'm', choices: [choice], usage: { ...usage, ...more } })
  const ask = (answer: object, prices = NO_PRICES) =>
    costOf({ ...CHAT, provider: rowProvider('openrouter'), prices, answer })

  test.each([
    [{ cost: 0.0000123 }, 13],
    [{ cost: 0.1 + 0.2 }, 300_000],
    [{ cost: 0 }, 0],
    [{ cost: 0.01, is_byok: false, cost_details: { upstream_inference_cost: 0.01 } }, 10_000],
    [{ cost: 0.01, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } }, 210_000],
    [{ cost: 0.01, is_byok: true, cost_details: null }, 10_000],
    [{ cost: -1 }, null],
    [{ cost: 1e9 }, null],
    [{ cost: '0.01' }, null],
  ])('is what is charged: %p', async (told, microUsd) => {
    expect(await ask(completion(told))).toBe(microUsd)
  })

  test('is what is charged in each of its dialects', async () => {
    const messages = { ...MESSAGES, provider: rowProvider('openrouter-anthropic'), answer: message({ cost: 0.02 }) }
    const answer = responseOf([], { usage: { input_tokens: 40, output_tokens: 30, total_tokens: 70, cost: 0.03 } })
    const responses = { ...RESPONSES, provider: rowProvider('openrouter-responses'), answer }

    expect(await costOf({ ...messages, prices: NO_PRICES })).toBe(20_000)
    expect(await costOf({ ...responses, prices: NO_PRICES })).toBe(30_000)
  })

  test('gives way to a price of the operator, and is no word of any other server', async () => {
    const answer = completion({ cost: 5 })

    expect(await ask(answer, new Map([['m', PRICES]]))).toBe(TOKENS)
    expect(await costOf({ ...CHAT, provider: CHAT_PROVIDER, prices: NO_PRICES, answer })).toBeNull()
  })

  test('is what is charged for embeddings', async () => {
    const provider = rowProvider('openrouter')
    const asked = { path: '/v1/embeddings', asked: { model: 'm', input: 'x' } }
    const answer = { data: [], model: 'm', usage: { prompt_tokens: 4, total_tokens: 4, cost: 0.000001 } }

    expect(await costOf({ ...asked, provider, prices: NO_PRICES, answer })).toBe(1)
  })

  test('is told at the end of a stream', async () => {
    const spending = openTestSpending({ prices: NO_PRICES })
    const proxy = await openProxy({ provider: rowProvider('openrouter'), pipeline: { spending } })
    opened.push(proxy)
    const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
    const chunks = [
      { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'x' }, finish_reason: null }] },
      { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { ...head, choices: [], usage: { ...usage, cost: 0.5 } },
    ]
    const body = `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`
    const script = { body, headers: { 'content-type': 'text/event-stream' } }
    proxy.simulator.enqueue(script, script)

    await (await post(proxy, { ...CHAT.asked, stream: true }, { path: CHAT.path })).text()
    await (await post(proxy, { ...MESSAGES.asked, stream: true }, { path: MESSAGES.path })).text()

    expect((await proxy.settled(2)).map(({ costMicroUsd }) => costMicroUsd)).toEqual([500_000, 500_000])
  })
})

describe('tools that a vendor runs by itself', () => {
  const search = { type: 'web_search_20260318', name: 'web_search' }
  const advisor = { type: 'advisor_20260301', name: 'advisor', model: 'dear' }
  const webSearch = { type: 'web_search' }
  const dear: ModelPrices = { base: flatPrices({ input: 10, output: 50 }), tiers: [] }
  const prices = new Map([
    ['m', PRICES],
    ['dear', dear],
  ])

  /** What is set aside for a request in the units of a budget, and what the tokens of it come to alone. */
  async function heldFor(kind: 'messages' | 'responses', more: object, rule = dailyUsd(100_000_000)) {
    const held: number[] = []
    const gate = openTestGate({ rules: [rule], store: openMemoryLedger().store })
    const onHeld = ({ lines }: Hold) => void held.push(...lines.map(({ amount }) => amount))
    const spending = openTestSpending({ gate, prices, listener: { onHeld } })
    const provider = kind === 'responses' ? rowProvider('openai-responses') : {}
    const proxy = await openProxy({ provider, pipeline: { spending } })
    opened.push(proxy)
    const asked = kind === 'responses' ? { ...RESPONSES.asked, max_output_tokens: 300 } : MESSAGES_OF_300
    proxy.simulator.enqueue({ body: JSON.stringify(kind === 'responses' ? responseOf([]) : message({})) })
    await (
      await post(proxy, { ...asked, ...more }, { path: kind === 'responses' ? RESPONSES.path : MESSAGES.path })
    ).text()
    const [record] = await proxy.settled(1)
    const inputTokens = (record?.requestBytes ?? 0) + 1_024
    return { held: held[0] ?? 0, inputTokens, tokensMicroUsd: inputTokens + 2 * 300 }
  }
  const MESSAGES_OF_300 = { ...MESSAGES.asked, max_tokens: 300 }

  test.each<[kind: 'messages' | 'responses', more: object, microUsd: number]>([
    ['messages', { tools: [{ ...search, max_uses: 3 }] }, 30_000],
    ['messages', { tools: [{ ...search, max_uses: 0 }] }, 0],
    ['messages', { tools: [search] }, 100_000],
    ['messages', { tools: [{ name: 'web_search_docs', input_schema: { type: 'object' } }] }, 0],
    ['responses', { tools: [webSearch], max_tool_calls: 4 }, 40_000],
    ['responses', { tools: [{ type: 'file_search' }], max_tool_calls: 4 }, 10_000],
    ['responses', { tools: [webSearch] }, 100_000],
    [
      'responses',
      {
        input: [
          { type: 'additional_tools', tools: [webSearch] },
          { role: 'user', content: 'x' },
        ],
      },
      100_000,
    ],
    ['responses', { tools: [{ type: 'function', name: 'web_search' }] }, 0],
  ])('have their fees set aside for as often as %s may call them: %p', async (kind, more, microUsd) => {
    const { held, tokensMicroUsd } = await heldFor(kind, more)

    expect(held - tokensMicroUsd).toBe(microUsd)
  })

  test('have the tokens of an advisor set aside at its own price, each time with all that was said', async () => {
    const tools = [{ ...advisor, max_uses: 2, max_tokens: 2_000 }]

    const dollars = await heldFor('messages', { tools })
    const tokens = await heldFor('messages', { tools }, { ...dailyUsd(100_000_000), unit: 'tokens' })

    expect(dollars.held - dollars.tokensMicroUsd).toBe(2 * (10 * (dollars.inputTokens + 300) + 50 * 2_000))
    expect(tokens.held - tokens.inputTokens - 300).toBe(2 * (tokens.inputTokens + 300 + 2_000))
  })

  test('cannot spend more than a budget has by many requests at once', async () => {
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100_000)], store: ledger.store })
    const proxy = await openProxy({ pipeline: { spending: openTestSpending({ gate, prices }) } })
    opened.push(proxy)
    const body = JSON.stringify(message({ server_tool_use: { web_search_requests: 3 } }))
    for (let i = 0; i < 8; i++) proxy.simulator.enqueue({ body })

    const asked = { ...MESSAGES_OF_300, tools: [{ ...search, max_uses: 3 }] }
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(proxy, asked)))
    const records = await proxy.settled(8)

    const costs = records.map(({ costMicroUsd }) => costMicroUsd ?? 0)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(100_000)
  })

  test.each<[status: string, action: string, microUsd: number]>([
    ['completed', 'search', 10_000],
    ['completed', 'open_page', 0],
    ['failed', 'search', 0],
  ])('are charged as they were seen in a stream of Responses that broke: %s %s', async (status, action, microUsd) => {
    const spending = openTestSpending({ prices })
    const proxy = await openProxy({ provider: rowProvider('openai-responses'), pipeline: { spending } })
    opened.push(proxy)
    const events = [
      { type: 'response.created', response: { id: 'resp_1', object: 'response', status: 'in_progress', output: [] } },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { id: 'ws_1', type: 'web_search_call', status, action: { type: action, query: 'x' } },
      },
      { type: 'response.output_text.delta', output_index: 1, item_id: 'm', content_index: 0, delta: 'half of it' },
    ]
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
    proxy.simulator.enqueue({ body, headers: { 'content-type': 'text/event-stream' } })

    await (await post(proxy, { ...RESPONSES.asked, stream: true }, { path: RESPONSES.path })).text()
    const [record] = await proxy.settled(1)

    const { inputTokens = 0, outputTokens = 0 } = record?.usage ?? {}
    expect([record?.isUsageEstimated, inputTokens > 0]).toEqual([true, true])
    expect(record?.costMicroUsd).toBe(inputTokens + 2 * outputTokens + microUsd)
  })

  test('cost nothing where the server speaks another dialect, and never hears of them', async () => {
    const held: number[] = []
    const gate = openTestGate({ rules: [dailyUsd(100_000_000)], store: openMemoryLedger().store })
    const onHeld = ({ lines }: Hold) => void held.push(...lines.map(({ amount }) => amount))
    const spending = openTestSpending({ gate, prices, listener: { onHeld } })
    const proxy = await openProxy({ provider: CHAT_PROVIDER, pipeline: { spending } })
    opened.push(proxy)

    await (await post(proxy, { ...MESSAGES_OF_300, tools: [search] })).text()
    const [record] = await proxy.settled(1)

    expect(held).toEqual([(record?.requestBytes ?? 0) + 1_024 + 600])
  })
})

describe('what is asked for at a tier of known price', () => {
  /** What is set aside for a request, and what becomes of it. */
  async function ask(more: object, options: ProxyOptions = {}, script: Script = {}) {
    const held: number[] = []
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000_000)], store: ledger.store })
    const onHeld = ({ lines }: Hold) => void held.push(...lines.map(({ amount }) => amount))
    const spending = openTestSpending({ gate, prices: new Map([['m*', PRICES]]), listener: { onHeld } })
    const proxy = await openProxy({ ...options, pipeline: { spending } })
    opened.push(proxy)
    proxy.simulator.enqueue(script)
    const response = await post(proxy, { ...MESSAGES.asked, max_tokens: 300, ...more })
    await response.text()
    const [record] = await proxy.settled(1)
    const [sent] = proxy.simulator.requests()
    return { held, record, response, sent: Object(sent?.json), bytes: record?.requestBytes ?? 0 }
  }

  test.each([
    [{ speed: 'fast' }, 6],
    [{ service_tier: 'priority', inference_geo: 'us' }, 2.2],
    [{ service_tier: 'flex' }, 1],
    [{ inference_geo: 'eu' }, 1],
  ])('is set aside at that price, or at that of the list: %p', async (more, multiple) => {
    const { held, response, sent, bytes } = await ask(more)

    expect(held).toEqual([Math.round(multiple * (bytes + 1_024 + 2 * 300))])
    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, null])
    expect(sent).toMatchObject(more)
  })

  test('is left out where one of the places it may go to has no price for it', async () => {
    const routes = (provider: Provider) => ({
      routes: { m: ['m', 'of-no-price', 'm2'].map((model) => ({ provider, model })) },
    })
    const unpriced = (provider: Provider) => ({
      routes: { m: ['m', 'claude-haiku-4-5'].map((model) => ({ provider, model })) },
    })

    expect((await ask({ speed: 'fast' }, { routes })).sent).toMatchObject({ speed: 'fast' })
    const { sent, response } = await ask({ speed: 'fast' }, { routes: unpriced })
    expect([sent.speed, response.headers.get('x-lynkr-dropped')]).toEqual([undefined, 'speed'])
  })

  test.each<[name: string, provider: Partial<Provider>, afterEvents: number, multiple: number]>([
    ['was sent', {}, 4, 6],
    ['has no place in the dialect of the server', CHAT_PROVIDER, 2, 1],
  ])(
    'is charged at it where the answer broke before it could say, if it %s',
    async (_, provider, afterEvents, multiple) => {
      const script: Script = { blocks: [{ text: 'half of it' }], fault: { type: 'eof', afterEvents } }

      const { record } = await ask({ stream: true, speed: 'fast' }, { provider }, script)

      const { inputTokens = 0, outputTokens = 0 } = record?.usage ?? {}
      expect(record?.isUsageEstimated).toBe(true)
      expect(inputTokens).toBeGreaterThan(0)
      expect(record?.costMicroUsd).toBe(multiple * (inputTokens + 2 * outputTokens))
    },
  )

  test.each([
    ['text', [], 0],
    ['error', { type: 'web_search_tool_result_error', error_code: 'unavailable' }, 0],
    ['results', [{ type: 'web_search_result', url: 'http://a', title: 'a', encrypted_content: 'x' }], 10_000],
  ])(
    'is charged with the searches that were seen, and at what was asked for, where the answer broke behind one: %s',
    async (kind, content, microUsd) => {
      const found = { raw: { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content } }
      const blocks = [...(kind === 'text' ? [] : [found]), { text: 'half of it' }]
      const script: Script = { blocks, fault: { type: 'eof', afterEvents: 4 } }

      const { record } = await ask({ stream: true, speed: 'fast' }, {}, script)

      const { inputTokens = 0, outputTokens = 0 } = record?.usage ?? {}
      expect(record?.isUsageEstimated).toBe(true)
      expect(record?.costMicroUsd).toBe(6 * (inputTokens + 2 * outputTokens) + microUsd)
    },
  )
})
