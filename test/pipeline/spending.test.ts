import { afterEach, describe, expect, test } from 'bun:test'
import { openPriceBook } from '../../src/budget/price-book.ts'
import type { BudgetRule } from '../../src/budget/rule.ts'
import type { Script } from '../../src/simulator/script.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { dailyUsd, openTestGate } from '../support/budgets.ts'
import { eventually } from '../support/eventually.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'
import { CHAT_PROVIDER, HELLO, openProxy, type ProxyOptions, post, type TestProxy } from '../support/proxy.ts'
import { openTestSpending } from '../support/spending.ts'

/** The usage that every scripted answer reports: at a dollar in and two out per million, 100 micro-dollars. */
const USAGE = { inputTokens: 40, outputTokens: 30 }
const COST = 100

const opened: TestProxy[] = []
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.stop()
})

/** A proxy under budgets, and the books behind it. */
async function openBudgeted(rules: readonly BudgetRule[], options: ProxyOptions = {}, ledger = openMemoryLedger()) {
  const gate = openTestGate({ rules, store: ledger.store, owner: `owner-${opened.length}` })
  const proxy = await openProxy({ ...options, pipeline: { spending: openTestSpending({ gate }), ...options.pipeline } })
  opened.push(proxy)
  proxy.simulator.setDefault({ usage: USAGE })
  /** What is spent and held once everything is written. */
  async function books() {
    await gate.maintain()
    const balances = await ledger.store.balances()
    expect(await ledger.store.verifyLedger()).toEqual([])
    return balances.map(({ spent, held }) => ({ spent, held }))
  }
  return { proxy, books, gate }
}

describe('a request under a budget', () => {
  test('is charged what it cost, and nothing of its worst case stays set aside', async () => {
    const { proxy, books } = await openBudgeted([dailyUsd(1_000_000)])

    const response = await post(proxy, HELLO)
    const [record] = await proxy.settled(1)

    expect(response.status).toBe(200)
    expect(record?.costMicroUsd).toBe(COST)
    expect(await books()).toEqual([{ spent: COST, held: 0 }])
  })

  test('is charged by the prices of the row that its provider is, whatever the provider is called', async () => {
    const spending = openTestSpending({ prices: new Map() })
    const { proxy } = await openBudgeted([], { provider: { id: 'europe', row: 'bedrock' }, pipeline: { spending } })

    await post(proxy, { ...HELLO, model: 'us.amazon.nova-pro-v1:0' })
    const [record] = await proxy.settled(1)

    expect(record?.costMicroUsd).toBe(40 * 0.8 + 30 * 3.2)
  })

  test('cannot go on from what only the provider knows the length of', async () => {
    const { proxy, books } = await openBudgeted([dailyUsd(10_000)], { provider: rowProvider('openai-responses') })
    proxy.simulator.setDefault({ usage: { inputTokens: 50_000, outputTokens: 1 } })
    const body = { model: 'm', input: 'Why?', max_output_tokens: 20, previous_response_id: 'resp_of_yesterday' }

    const response = await post(proxy, body, { path: '/v1/responses' })
    const counted = await post(proxy, { ...body, max_output_tokens: undefined }, { path: '/v1/responses/input_tokens' })

    expect(await response.json()).toMatchObject({ error: { code: 'previous_response_not_found' } })
    expect(counted.status).toBe(200)
    for (const { spent } of await books()) expect(spent).toBeLessThanOrEqual(10_000)
  })

  test.each([
    [
      'an item',
      {
        input: [
          { type: 'item_reference', id: 'msg_1' },
          { role: 'user', content: 'Why?' },
        ],
      },
      'input.0',
    ],
    ['a prompt', { input: 'Why?', prompt: { id: 'pmpt_1' } }, 'prompt'],
  ])('cannot name %s that only the provider knows the length of', async (_, said, path) => {
    const { proxy, books } = await openBudgeted([dailyUsd(10_000)], { provider: rowProvider('openai-responses') })
    proxy.simulator.setDefault({ usage: { inputTokens: 50_000, outputTokens: 1 } })

    const response = await post(proxy, { model: 'm', max_output_tokens: 20, ...said }, { path: '/v1/responses' })

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: path } })
    for (const { spent } of await books()) expect(spent).toBeLessThanOrEqual(10_000)
  })

  test('cannot go on with a thread that only Anthropic knows the length of', async () => {
    const { proxy, books } = await openBudgeted([dailyUsd(10_000)])
    proxy.simulator.setDefault({ usage: { inputTokens: 50_000, outputTokens: 1 } })
    const thread = { type: 'continue', previous_message_id: 'msg_of_yesterday' }

    const response = await post(proxy, { ...HELLO, thread })

    expect(await response.json()).toMatchObject({ error: { details: { error_code: 'thread_not_found' } } })
    for (const { spent } of await books()) expect(spent).toBeLessThanOrEqual(10_000)
  })

  for (const { path, type, code } of [
    { path: '/v1/messages', type: 'billing_error', code: undefined },
    { path: '/v1/chat/completions', type: 'insufficient_quota', code: 'insufficient_quota' },
  ]) {
    test(`is refused on ${path} as its clients expect it of a gateway when the budget is spent`, async () => {
      const { proxy } = await openBudgeted([dailyUsd(10)])

      const response = await post(proxy, HELLO, { path })
      const { error } = (await response.json()) as { error: { type: string; message: string; code?: string } }

      expect(response.status).toBe(429)
      expect(response.headers.get('x-should-retry')).toBe('false')
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(error.type).toBe(type)
      expect(error.code).toBe(code)
      expect(error.message).toMatch(/^spend limit reached \(daily; resets \d{4}-\d\d-\d\d 00:00 UTC/)
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  test('is refused on /v1/responses as what Codex tells its user with the time at which it may go on', async () => {
    const { proxy } = await openBudgeted([dailyUsd(0)])

    const response = await post(proxy, { model: 'm', input: 'hi' }, { path: '/v1/responses' })
    const { error } = (await response.json()) as { error: { message: string; resets_at: number } }

    expect(response.status).toBe(429)
    expect(error).toMatchObject({ type: 'usage_limit_reached', code: 'insufficient_quota' })
    expect(error.message).toContain(new Date(error.resets_at * 1000).toISOString().slice(0, 10))
    expect(error.resets_at % 86_400).toBe(0)
  })

  test('may be counted whatever is spent', async () => {
    const { proxy } = await openBudgeted([dailyUsd(0)])
    const { max_tokens: _, ...body } = HELLO

    const response = await post(proxy, body, { path: '/v1/messages/count_tokens' })

    expect(response.status).toBe(200)
  })

  test('is refused without a retry time while neither store nor slice can vouch for it', async () => {
    const ledger = openMemoryLedger()
    const { proxy } = await openBudgeted([dailyUsd(1_000_000)], {}, ledger)
    ledger.switchOff()

    const response = await post(proxy, HELLO)

    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBeNull()
    expect(await response.text()).toContain('spend limit unavailable')
  })

  test('is refused if nobody knows what its model costs, but only where dollars are counted', async () => {
    const prices = new Map()
    const gateOf = (rule: BudgetRule) => openTestGate({ rules: [rule], store: openMemoryLedger().store })
    const model = 'a-model-nobody-sells'
    const counted = async (rule: BudgetRule) => {
      const spending = openTestSpending({ gate: gateOf(rule), prices })
      const proxy = await openProxy({ pipeline: { spending } })
      opened.push(proxy)
      return post(proxy, { ...HELLO, model })
    }

    expect((await counted(dailyUsd(1_000_000))).status).toBe(429)
    expect((await counted(dailyUsd(1_000_000, { unit: 'tokens' }))).status).toBe(200)
  })

  test('tells its client by a header when the budget is nearly spent', async () => {
    const { proxy } = await openBudgeted([dailyUsd(10_000, { softRatio: 0.01 })])

    const first = await post(proxy, HELLO)
    const second = await post(proxy, HELLO)

    expect(first.headers.get('x-lynkr-budget')).toBeNull()
    expect(second.headers.get('x-lynkr-budget')).toMatch(/^global:\*\/day\/usd used=1% resets=\d{4}-\d\d-\d\dT00:00Z$/)
  })
})

function limitSent(proxy: TestProxy, member: string): number {
  return Number(Object(proxy.simulator.requests()[0]?.json)[member])
}

describe('an output limit that nobody can pay for is lowered, and the lower one goes upstream', () => {
  const cap = 3_000
  const greedy = { ...HELLO, max_tokens: 100_000 }

  test('in the bytes of a request that passes through', async () => {
    const { proxy } = await openBudgeted([dailyUsd(cap)])

    const response = await post(proxy, greedy)
    const [received] = proxy.simulator.requests()
    const limit = limitSent(proxy, 'max_tokens')

    expect(response.status).toBe(200)
    expect(limit).toBeGreaterThan(255)
    expect(limit * 2).toBeLessThan(cap)
    expect(received?.text).toBe(JSON.stringify({ ...greedy, max_tokens: limit }))
  })

  test('in a request that is written anew', async () => {
    const { proxy } = await openBudgeted([dailyUsd(cap)], { provider: CHAT_PROVIDER })

    await post(proxy, greedy)
    const limit = limitSent(proxy, 'max_completion_tokens')

    expect(limit).toBeLessThan(cap / 2)
  })

  test('where the client set none, and for each of the answers it wants', async () => {
    const { proxy } = await openBudgeted([dailyUsd(cap)], {
      provider: { ...CHAT_PROVIDER, quirks: { maxTokensField: 'max_tokens' } },
    })
    const { max_tokens: _, ...limitless } = HELLO

    await post(proxy, { ...limitless, n: 2 }, { path: '/v1/chat/completions' })

    expect(limitSent(proxy, 'max_tokens')).toBeLessThan(cap / 4)
    expect(limitSent(proxy, 'max_completion_tokens')).toBeNaN()
  })
})

test('a budget of thinking that does not fit under a lowered limit any more is lowered with it', async () => {
  const asked = { ...HELLO, max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 31_999 } }
  for (const [cap, share] of [
    [12_000, 1 / 2],
    [3_000, 0],
  ] as const) {
    const { proxy } = await openBudgeted([dailyUsd(cap)])

    const response = await post(proxy, asked)

    const { max_tokens: limit, thinking } = Object(proxy.simulator.requests()[0]?.json)
    expect(response.status).toBe(200)
    expect(thinking).toEqual(
      share === 0 ? { type: 'disabled' } : { type: 'enabled', budget_tokens: Math.floor(limit * share) },
    )
  }
})

describe("Anthropic's fallbacks, which have a price and an output limit of their own,", () => {
  const asked = { ...HELLO, max_tokens: 32_000, fallbacks: [{ model: 'dear-model', max_tokens: 100_000 }] }
  const ample = 1_000_000
  const dailyTokens = dailyUsd(ample, { unit: 'tokens' })

  test.each<[name: string, rules: readonly BudgetRule[]]>([
    ['of dollars', [dailyUsd(ample)]],
    ['of tokens', [dailyTokens]],
    ['that must lower the limit', [dailyUsd(12_000)]],
    ['of a model that is not asked for', [dailyUsd(0, { scope: 'model', match: 'dear-model', unit: 'requests' })]],
  ])('do not go on under a budget %s', async (_, rules) => {
    const { proxy } = await openBudgeted(rules)

    const response = await post(proxy, { ...asked, messages: [{ role: 'user', content: 'long '.repeat(100) }] })

    const [sent] = proxy.simulator.requests()
    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, 'fallbacks'])
    expect(sent?.text).not.toContain('fallbacks')
    expect(Object(sent?.json)).toMatchObject({ model: HELLO.model, messages: [{ content: 'long '.repeat(100) }] })
  })

  test('are named once where another dialect has no place for them either', async () => {
    const { proxy } = await openBudgeted([dailyTokens], { provider: CHAT_PROVIDER })

    const response = await post(proxy, asked)

    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, 'fallbacks'])
  })

  test("and OpenRouter's do not go on under one either", async () => {
    const { proxy } = await openBudgeted([dailyUsd(ample)], { provider: CHAT_PROVIDER })

    const path = '/v1/chat/completions'
    const response = await post(proxy, { ...HELLO, models: ['dear-model', 'dearer-model'] }, { path })

    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, 'models'])
    expect(proxy.simulator.requests()[0]?.text).not.toContain('dear')
  })

  test('are refused where nothing may be lost, or where they stand twice', async () => {
    const { proxy, books } = await openBudgeted([dailyTokens])
    const twice = JSON.stringify(asked).replace('"fallbacks"', '"fallbacks":"default","fallbacks"')

    const strict = await post(proxy, asked, { headers: { 'x-lynkr-strict': 'true' } })
    const headers = { 'content-type': 'application/json' }
    const doubled = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', headers, body: twice })

    expect([strict.status, doubled.status]).toEqual([400, 400])
    expect(await strict.text()).toContain('would lose fallbacks')
    expect(await doubled.text()).toContain('fallbacks: occurs twice')
    expect(proxy.simulator.requests()).toEqual([])
    expect(await books()).toEqual([{ spent: 0, held: 0 }])
  })

  test.each<[name: string, rules: readonly BudgetRule[]]>([
    ['without a budget', []],
    ['under one that counts requests', [dailyUsd(10, { unit: 'requests' })]],
  ])('go on as they came %s', async (_, rules) => {
    const { proxy } = await openBudgeted(rules)

    const headers = { 'anthropic-beta': 'server-side-fallback-2026-07-01' }
    const response = await post(proxy, asked, { headers })

    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, null])
    expect(proxy.simulator.requests()[0]?.text).toBe(JSON.stringify(asked))
  })
})

describe('a tier of service at which the same tokens cost a multiple of their price', () => {
  const ample = 1_000_000
  const tiers = [
    { service_tier: 'priority' },
    { service_tier: 'fast' },
    { service_tier: 'of-next-year' },
    { speed: 'fast' },
  ]

  test.each(tiers)('is left out under a budget of dollars: %p', async (tier) => {
    const { proxy } = await openBudgeted([dailyUsd(ample)])

    const response = await post(proxy, { ...HELLO, ...tier })

    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, Object.keys(tier)[0] ?? ''])
    expect(proxy.simulator.requests()[0]?.json).toEqual(HELLO)
  })

  test.each(tiers)('goes on where nobody counts dollars: %p', async (tier) => {
    const { proxy } = await openBudgeted([dailyUsd(ample, { unit: 'tokens' })])

    const response = await post(proxy, { ...HELLO, ...tier })

    expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, null])
    expect(proxy.simulator.requests()[0]?.json).toEqual({ ...HELLO, ...tier })
  })

  test.each([{ service_tier: 'auto' }, { service_tier: 'flex' }, { service_tier: 'standard_only' }, { speed: null }])(
    'is none that costs what the table says, or less: %p',
    async (tier) => {
      const { proxy } = await openBudgeted([dailyUsd(ample)])

      const response = await post(proxy, { ...HELLO, ...tier })

      expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, null])
      expect(proxy.simulator.requests()[0]?.json).toEqual({ ...HELLO, ...tier })
    },
  )

  test.each(['"service_tier":"priority","service_tier":"auto"', '"Service_Tier":"priority"'])(
    'is not hidden by another spelling: %s',
    async (members) => {
      const { proxy } = await openBudgeted([dailyUsd(ample)])

      const response = await post(proxy, JSON.stringify(HELLO).replace('{', `{${members},`))

      expect(response.status).toBe(400)
      expect(await response.text()).toContain('service_tier: ')
      expect(proxy.simulator.requests()).toEqual([])
    },
  )
})

test('a request that is under way while a configuration without its price is read is charged by the former', async () => {
  const ledger = openMemoryLedger()
  const gate = openTestGate({ rules: [dailyUsd(1_000_000)], store: ledger.store })
  const spending = openTestSpending({ gate })
  const proxy = await openProxy({ pipeline: { spending } })
  opened.push(proxy)
  proxy.simulator.setDefault({ usage: USAGE, firstDelayMs: 50 })

  const answer = post(proxy, { ...HELLO, model: 'of-no-known-price' })
  await proxy.simulator.waitForRequest(() => true)
  Object.assign(spending, { prices: openPriceBook({ overrides: new Map(), ceiling: null }) })
  await (await answer).text()
  await gate.maintain()

  expect((await ledger.store.balances()).map(({ spent, held }) => ({ spent, held }))).toEqual([
    { spent: COST, held: 0 },
  ])
})

describe('every ending settles the hold once', () => {
  const endings: [name: string, script: Script, isCharged: boolean][] = [
    ['a whole answer', { usage: USAGE }, true],
    ['a refusal of the upstream', { status: 400 }, false],
    ['a failure of the upstream', { status: 500 }, false],
    ['a stream that breaks', { usage: USAGE, fault: { type: 'reset', at: 'body', afterEvents: 4 } }, true],
    ['an error inside a stream', { usage: USAGE, fault: { type: 'error_event', afterEvents: 4 } }, true],
    ['a connection that closes', { fault: { type: 'close' } }, false],
    ['an answer without usage', { blocks: [{ text: 'a few words' }], fault: { type: 'usage', mode: 'absent' } }, true],
    ['garbage', { fault: { type: 'html' } }, false],
  ]
  for (const [name, script, isCharged] of endings) {
    test(name, async () => {
      const { proxy, books } = await openBudgeted([dailyUsd(1_000_000), dailyUsd(9, { unit: 'requests' })])
      proxy.simulator.enqueue(script)

      const response = await post(proxy, { ...HELLO, stream: true })
      await response.text()
      const [record] = await proxy.settled(1)

      expect(await books()).toEqual([
        { spent: isCharged ? 1 : 0, held: 0 },
        { spent: record?.costMicroUsd ?? 0, held: 0 },
      ])
      expect((record?.costMicroUsd ?? 0) > 0).toBe(isCharged)
    })
  }

  test('a client that goes away pays for its prompt, estimated', async () => {
    const { proxy, books } = await openBudgeted([dailyUsd(1_000_000)])
    proxy.simulator.enqueue({ blocks: [{ text: 'long' }], fault: { type: 'hang', at: 'headers' } })
    const leave = new AbortController()
    const answer = post(proxy, HELLO, { signal: leave.signal }).catch(() => null)
    await proxy.simulator.waitForRequest(() => true)

    leave.abort()
    await answer
    const [record] = await proxy.settled(1)

    expect(await books()).toEqual([{ spent: Math.ceil((record?.requestBytes ?? 0) / 4), held: 0 }])
  })

  test.each<[string, Script]>([
    ['its head', { fault: { type: 'hang', at: 'headers' } }],
    ['all but its head', { pings: 0, fault: { type: 'hang', at: 'body', afterEvents: 0 } }],
  ])('also one that was kept waiting with pings while the upstream withheld %s', async (_, script) => {
    const timeouts = { firstEventMs: 60_000, idleMs: 60_000, pingMs: 20 }
    const { proxy, books } = await openBudgeted([dailyUsd(1_000_000)], { pipeline: { timeouts } })
    proxy.simulator.enqueue(script)
    const leave = new AbortController()
    const response = await post(proxy, { ...HELLO, stream: true }, { signal: leave.signal })
    await response.body?.getReader().read()

    leave.abort()
    const [record] = await proxy.settled(1)

    expect(record?.outcome).toBe('client_closed')
    expect(await books()).toEqual([{ spent: Math.ceil((record?.requestBytes ?? 0) / 4), held: 0 }])
  })
})

test('a thousand requests at once over four instances never spend more than the cap, and the books balance', async () => {
  const cap = 20_000
  const ledger = openMemoryLedger()
  const proxies: Awaited<ReturnType<typeof openBudgeted>>[] = []
  for (let i = 0; i < 4; i++) proxies.push(await openBudgeted([dailyUsd(cap)], {}, ledger))
  const body = { ...HELLO, max_tokens: 30 }

  const statuses = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const response = await post((proxies[i % 4] ?? proxies[0])?.proxy as TestProxy, body)
      await response.arrayBuffer()
      return response.status
    }),
  )

  const admitted = statuses.filter((status) => status === 200).length
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  await eventually(async () => {
    for (const { gate } of proxies) await gate.maintain()
    const [balance] = await ledger.store.balances()
    return balance?.held === 0 && balance.spent === admitted * COST
  })
  expect(await ledger.store.verifyLedger()).toEqual([])
  expect(admitted * COST).toBeLessThanOrEqual(cap)
  const records = proxies.flatMap(({ proxy }) => proxy.records)
  expect(records.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), 0)).toBe(admitted * COST)
})
