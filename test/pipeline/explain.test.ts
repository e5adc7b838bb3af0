import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ANONYMOUS, OPEN_SCOPES, principalOf } from '../../src/auth/principal.ts'
import { openPriceBook } from '../../src/budget/price-book.ts'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Provider } from '../../src/core/target.ts'
import { anthropicSurface } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface } from '../../src/dialect/openai-chat/index.ts'
import { type ExplainInput, explainRequest } from '../../src/pipeline/explain.ts'
import { guessSurface } from '../../src/pipeline/guess-surface.ts'
import { openCapabilityMap } from '../../src/routing/capability-map.ts'
import { openFormChooser } from '../../src/routing/forms.ts'
import { createRouter } from '../../src/routing/router.ts'
import { dailyUsd } from '../support/budgets.ts'
import { MEANT_FOR } from '../support/captured-bodies.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, providerAt, type TestProxy } from '../support/proxy.ts'
import { keyRecord } from '../support/store-contract-rows.ts'

const bytesOf = (json: object): Uint8Array => new TextEncoder().encode(JSON.stringify(json))

function explain(json: object, providers: readonly Provider[], input: Partial<ExplainInput> = {}, isStrict = false) {
  const [defaultProvider] = providers
  if (defaultProvider === undefined) throw new Error('it needs a provider')
  const deps = {
    router: createRouter({ providers, defaultProvider, aliases: {}, routes: {} }),
    upstreams: UPSTREAMS,
    clock: systemClock,
    isStrict,
    originatesCacheMarks: false,
    capabilities: openCapabilityMap(),
    forms: openFormChooser(),
    prices: openPriceBook({ overrides: new Map(), ceiling: null }),
    budgets: [dailyUsd(1_000_000)],
    balances: async () => [],
  }
  const all = { surface: anthropicSurface, bytes: bytesOf(json), headers: new Headers(), principal: ANONYMOUS }
  return explainRequest(deps, { ...all, ...input })
}

const TOOLS = [
  { name: 'run', description: 'd', input_schema: { type: 'object', properties: { a: { type: 'string' } } } },
]
const CASES: readonly [string, object][] = [
  ['a greeting', HELLO],
  ['a stream', { ...HELLO, stream: true }],
  [
    'system, tools and a cache mark',
    { ...HELLO, system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }], tools: TOOLS },
  ],
  ['what Chat cannot say', { ...HELLO, top_k: 3, context_management: { edits: [] } }],
]

describe.each([
  ['anthropic', {}],
  ['openai', CHAT_PROVIDER],
])('for %s, the explained body is the one that is sent', (_, members) => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: members, simulator: { strict: false } })
  })
  afterAll(() => proxy.stop())

  test.each(CASES)('%s', async (_name, json) => {
    proxy.clear()
    const response = await post(proxy, json)
    await response.text()

    const { targets } = await explain(json, [{ ...providerAt(proxy.simulator.url), ...members }])

    expect(targets[0]?.body).toEqual(proxy.simulator.requests().at(-1)?.json)
    expect(targets[0]?.url).toBe(`${proxy.simulator.url}${proxy.simulator.requests().at(-1)?.path}`)
    expect((targets[0]?.dropped ?? []).join(', ')).toBe(response.headers.get('x-lynkr-dropped') ?? '')
  })
})

describe('an explanation', () => {
  const anthropic = providerAt('http://127.0.0.1:9')
  const openai = { ...anthropic, ...CHAT_PROVIDER }

  test('has the output limit that a budget writes into the request, where it sets none', async () => {
    const asked = { model: 'claude-haiku-4-5', messages: [{ role: 'user', content: 'hi' }] }
    const input = { surface: openaiChatSurface, bytes: bytesOf(asked) }

    const { budget, targets } = await explain(asked, [anthropic, openai], input)

    expect(budget).toMatchObject({ verdict: 'passes', outputTokens: 16_384 })
    expect(targets[0]?.body).toMatchObject({ max_tokens: 16_384 })
  })

  test('bounds tokens and cost, and says what the budget would', async () => {
    const { tokens, costMaxMicroUsd, budget } = await explain({ ...HELLO, model: 'claude-sonnet-4-5' }, [anthropic])

    expect(tokens.inputCounted).toBeLessThan(tokens.inputMax)
    expect(tokens.outputMax).toBe(100)
    expect(costMaxMicroUsd).toBeGreaterThan(0)
    expect(budget.accounts[0]?.needed).toBe(costMaxMicroUsd ?? -1)
    expect(budget.verdict).toBe('passes')
  })

  test("leaves Anthropic's fallbacks out as its budget would", async () => {
    const { targets } = await explain({ ...HELLO, fallbacks: 'default' }, [providerAt('https://a.example')])

    expect(targets[0]).toMatchObject({ body: HELLO, dropped: ['fallbacks'] })
    expect(targets[0]?.changes.map(({ path }) => path)).toEqual(['fallbacks'])
  })

  test('leaves a tier of service out as its budget would', async () => {
    const { targets } = await explain({ ...HELLO, service_tier: 'priority' }, [providerAt('https://a.example')])

    expect(targets[0]).toMatchObject({ body: HELLO, dropped: ['service_tier'] })
  })

  test('knows no cost of a model that nobody has a price for', async () => {
    expect((await explain({ ...HELLO, model: 'nobody-knows' }, [anthropic])).costMaxMicroUsd).toBeNull()
  })

  test('tells of a refusal under strict, by setting and by header', async () => {
    const lossy = { ...HELLO, top_k: 3 }
    const headers = new Headers({ 'x-lynkr-strict': 'true' })

    expect((await explain(lossy, [openai])).targets[0]?.refusal).toBeNull()
    expect((await explain(lossy, [openai], {}, true)).targets[0]?.refusal).toContain('top_k')
    expect((await explain(lossy, [openai], { headers })).targets[0]?.refusal).toContain('top_k')
  })

  test('names the session that a weighted route goes by', async () => {
    const headers = new Headers({ 'x-claude-code-session-id': 's1' })

    expect((await explain(HELLO, [anthropic], { headers })).session).toBe('s1')
    expect((await explain(HELLO, [anthropic])).session).toBeNull()
  })

  test('of what would be refused is that refusal', () => {
    const closed = { ...anthropic, catalogue: { models: ['claude-one'], isClosed: true } }

    expect(explain({ ...HELLO, messages: [] }, [anthropic])).rejects.toMatchObject({ kind: 'invalid_request' })
    expect(explain({ ...HELLO, model: 'claude-oen' }, [closed])).rejects.toMatchObject({ kind: 'unknown_model' })
    expect(explain(HELLO, [anthropic], { bytes: bytesOf([]) })).rejects.toMatchObject({ kind: 'invalid_request' })
  })

  test('reads a Chat body too', async () => {
    const json = { model: 'gpt-5', messages: [{ role: 'user', content: 'hi' }] }

    const { targets } = await explain(json, [anthropic], { surface: openaiChatSurface })

    expect(targets[0]).toMatchObject({ lane: 'transcode', dialect: 'anthropic' })
  })
})

describe('the interface that a body was meant for', () => {
  test.each(MEANT_FOR)('is %s: %p', (surface, json) => {
    expect(guessSurface(json)).toBe(surface)
  })
})

test('a request with a tool that its key may not offer is refused as it would be', async () => {
  const principal = principalOf(keyRecord({ scopes: { ...OPEN_SCOPES, denyTools: ['run'] } }))

  const explained = explain({ ...HELLO, tools: TOOLS }, [providerAt('http://127.0.0.1:1')], { principal })

  await expect(explained).rejects.toMatchObject({ kind: 'forbidden', message: 'this key may not use the tool run' })
})
