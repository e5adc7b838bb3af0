import { describe, expect, test } from 'bun:test'
import { findEmbeddedPrices } from '../../src/budget/embedded-prices.ts'
import { worstCase } from '../../src/budget/estimate.ts'
import { openPriceBook } from '../../src/budget/price-book.ts'
import {
  billMicroUsd,
  FREE,
  flatPrices,
  type ModelPrices,
  picoUsd,
  pricesAt,
  pricesFor,
  type ToolFees,
  toolFees,
} from '../../src/budget/prices.ts'
import { extrasOf } from '../../src/core/extras.ts'
import { TOKENS_MAX } from '../../src/core/limits.ts'
import { NO_USAGE } from '../../src/core/usage.ts'
import { mapModel } from '../../src/routing/model-map.ts'
import { PROVIDER_TABLE } from '../../src/routing/provider-table.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { providerAt } from '../support/proxy.ts'

const WALL = Date.parse('2026-11-22T00:00:00Z')

test.each(['nitro', 'floor', 'exacto', 'online:nitro'])('OpenRouter bills a model :%s as the model itself', (way) => {
  const own = new Map([['openai/gpt-4.1', FREE]])
  const book = openPriceBook({ overrides: own, ceiling: null })
  const quote = (model: string) => book.quote('openrouter', model, WALL)

  expect(quote('openai/gpt-5')?.source).toBe('table')
  expect(quote(`openai/gpt-5:${way}`)).toEqual(quote('openai/gpt-5'))
  expect(quote(`openai/gpt-4.1:${way}`)?.source).toBe('operator')
  expect(quote(`openai/gpt-5:${way}:other`)).toBeNull()
})

test.each([
  [3, 3_000_000],
  [0.3, 300_000],
  [0.0375, 37_500],
  [1.1, 1_100_000],
  [0, 0],
  [0.0000001, 1],
])('$%p per million tokens is %p pico-dollars per token', (usd, pico) => {
  expect(picoUsd(usd)).toBe(pico)
})

test('a known model has integer prices, cache prices and the hour-long write included', () => {
  const model = findEmbeddedPrices(['anthropic'], 'claude-sonnet-4-20250514', WALL)

  expect(model?.base).toEqual({
    inputPicoUsd: 3_000_000,
    outputPicoUsd: 15_000_000,
    cacheReadPicoUsd: 300_000,
    cacheWritePicoUsd: 3_750_000,
    cacheWrite1hPicoUsd: 6_000_000,
  })
})

test('a model served under another name is priced by what it is', () => {
  const direct = findEmbeddedPrices(['anthropic'], 'claude-sonnet-4-20250514', WALL)

  expect(findEmbeddedPrices(['databricks'], 'databricks-claude-sonnet-4', WALL)?.base.inputPicoUsd).toBe(
    direct?.base.inputPicoUsd,
  )
})

test.each([
  [{ input: 3, output: 15 }, 3_000_000],
  [{ input: 3, output: 15, cacheWrite: 3.75 }, 6_000_000],
  [{ input: 3, output: 15, cacheWrite: 7 }, 7_000_000],
  [{ input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 5 }, 5_000_000],
])(
  'writes for an hour cost twice the input where writes have a price and they have none of their own: %p',
  (usd, pico) => {
    expect(flatPrices(usd).cacheWrite1hPicoUsd).toBe(pico)
  },
)

test.each([
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'bedrock'],
  ['bedrock-converse', 'amazon.nova-pro-v1:0', 'bedrock'],
  ['bedrock-mantle', 'anthropic.claude-opus-5-5', 'bedrock'],
  ['bedrock-prod', 'global.anthropic.claude-opus-5-5', 'bedrock'],
  ['openrouter-responses', 'openai/gpt-5.5', 'openrouter'],
])('%s has the price of %s that its vendor has', (form, model, vendor) => {
  const price = findEmbeddedPrices([form], model, WALL)

  expect(price).not.toBeNull()
  expect(price).toEqual(findEmbeddedPrices([vendor], model, WALL))
})

test.each([
  ['openai', 'text-embedding-3-small', 20_000],
  ['azure-openai', 'text-embedding-3-large', 130_000],
])('a model that only embeds has the price of its prompt: %s %s', (provider, model, inputPicoUsd) => {
  expect(findEmbeddedPrices([provider], model, WALL)?.base).toMatchObject({ inputPicoUsd, outputPicoUsd: 0 })
})

test('a model that OpenRouter gives away costs nothing, and one that has no price per token has none', () => {
  const free = findEmbeddedPrices(['openrouter'], 'deepseek/deepseek-r1:free', WALL)

  expect(free?.base).toEqual(flatPrices({ input: 0, output: 0 }))
  expect(findEmbeddedPrices(['openrouter'], 'google/lyria-3-pro-preview', WALL)).toBeNull()
  expect(findEmbeddedPrices(['custom-openai'], 'deepseek/deepseek-r1:free', WALL)?.base.inputPicoUsd).toBeGreaterThan(0)
})

test.each(PROVIDER_TABLE.filter(({ modelMap }) => modelMap.length > 0).map(({ id }) => id))(
  "Claude by the names that the row %s gives it has Anthropic's price, or a little more",
  (id) => {
    for (const name of ['claude-opus-5', 'claude-sonnet-4-6', 'claude-haiku-4-5']) {
      const direct = findEmbeddedPrices(['anthropic'], name, WALL)?.base.inputPicoUsd ?? Number.NaN
      const there = findEmbeddedPrices([id], mapModel({ ...providerAt('http://a'), ...rowProvider(id) }, name), WALL)
        ?.base.inputPicoUsd

      expect(there).toBeGreaterThanOrEqual(direct)
      expect(there).toBeLessThanOrEqual(direct * 1.1)
    }
  },
)

test('a provider under a name of its own has the prices of its row, or of the vendor it is called after', () => {
  const book = openPriceBook({ overrides: new Map(), ceiling: null })
  const nova = 'us.amazon.nova-pro-v1:0'

  expect(book.quote('asia', nova, WALL)).toBeNull()
  expect(book.quote('europe', nova, WALL, 'bedrock-converse')).toEqual(book.quote('bedrock', nova, WALL))
  expect(book.quote('groq', 'llama-3.3-70b-versatile', WALL, 'custom-openai')).not.toBeNull()
})

test("a model of z.ai's has z.ai's price, and not that of the same vendor at home", () => {
  const prices = flatPrices({ input: 1.4, output: 4.4, cacheRead: 0.26 })

  expect(findEmbeddedPrices(['zai-coding'], 'glm-5.3', WALL)?.base).toEqual(prices)
})

describe('a model that is newer than the table', () => {
  test.each([
    ['anthropic', 'claude-haiku-5-5', 0.1, 0.5, 0.01],
    ['anthropic', 'claude-haiku-5-5-20261007', 0.1, 0.5, 0.01],
    ['vertex', 'claude-haiku-5-5@20261007', 0.1, 0.5, 0.01],
    ['databricks', 'system.ai.claude-haiku-5-5', 0.1, 0.5, 0.01],
    ['openrouter', 'anthropic/claude-haiku-5.5', 0.1, 0.5, 0.01],
    ['bedrock', 'global.anthropic.claude-haiku-5-5-v1:0', 0.1, 0.5, 0.01],
    ['bedrock', 'us.anthropic.claude-haiku-5-5', 0.11, 0.55, 0.011],
    ['anthropic', 'claude-fable-5-2', 8, 40, 0.2],
    ['anthropic', 'claude-mythos-5-1', 10, 50, 0.25],
    ['openai', 'gpt-6.2-astra', 8, 40, 0.4],
    ['azure-openai', 'gpt-6.1-sol-2026-09-29', 2, 10, 0.1],
    ['openai-responses', 'gpt-6.1-terra', 1, 5, 0.05],
  ])('has the price that its vendor names: %s %s', (provider, model, input, output, cacheRead) => {
    expect(findEmbeddedPrices([provider], model, WALL)?.base).toEqual(
      flatPrices({ input, output, cacheRead, cacheWrite: input * 1.25 }),
    )
  })

  test('has those of long prompts, and the fees of its vendor', () => {
    const book = openPriceBook({ overrides: new Map(), ceiling: null })
    const long = (model: string) => book.quote('openai', model, WALL)?.prices.tiers

    expect(long('gpt-6.2-sol')).toEqual([
      { aboveTokens: 272_000, prices: flatPrices({ input: 4, output: 15, cacheRead: 0.2, cacheWrite: 5 }) },
    ])
    expect(long('claude-haiku-5-5')).toEqual([
      { aboveTokens: 100_000, prices: flatPrices({ input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.625 }) },
    ])
    expect(book.fees('anthropic', 'claude-haiku-5-5', WALL).webSearchPicoUsd).toBe(10_000_000_000)
    expect(book.fees('openai', 'gpt-6.2-sol', WALL).fileSearchPicoUsd).toBe(2_500_000_000)
  })

  test.each(['claude-haiku-5-5-5', 'claude-haiku-6', 'gpt-6.2-sol-mini', 'gpt-6.20-sol'])(
    'lends its price to no other: %s',
    (model) => {
      expect(findEmbeddedPrices(['openai'], model, WALL)).toBeNull()
    },
  )
})

test('an invented model has no price', () => {
  expect(findEmbeddedPrices(['anthropic'], 'zz-not-a-model-9', WALL)).toBeNull()
})

describe("calls of a vendor's own tools", () => {
  const book = (overrides: ReadonlyMap<string, ModelPrices> = new Map()) => openPriceBook({ overrides, ceiling: null })
  const own = (fees: Partial<ToolFees>): ModelPrices => ({ base: flatPrices({ input: 1, output: 2 }), tiers: [], fees })

  test.each([
    ['anthropic', 'claude-opus-5-5', 10_000_000_000, 0],
    ['vertex', 'claude-opus-5-5', 10_000_000_000, 0],
    ['openai', 'gpt-5.5', 10_000_000_000, 2_500_000_000],
    ['azure-openai', 'gpt-5.5', 10_000_000_000, 2_500_000_000],
    ['ollama', 'llama3.3', 0, 0],
  ])('have the fees of the table: %s %s', (provider, model, webSearchPicoUsd, fileSearchPicoUsd) => {
    expect(book().fees(provider, model, WALL)).toEqual({ webSearchPicoUsd, fileSearchPicoUsd })
  })

  test('have those of the operator, each where there is one', () => {
    const overrides = new Map([
      ['claude-*', own({})],
      ['gpt-*', own(toolFees(0, undefined))],
      ['openai/gpt-4*', own(toolFees(25, 3))],
    ])
    const fees = (provider: string, model: string) => Object.values(book(overrides).fees(provider, model, WALL))

    expect(fees('anthropic', 'claude-opus-5-5')).toEqual([10_000_000_000, 0])
    expect(fees('openai', 'gpt-5.5')).toEqual([0, 2_500_000_000])
    expect(fees('openai', 'gpt-4o')).toEqual([25_000_000_000, 3_000_000_000])
  })

  test('are billed beside the tokens, and rounded up together with them', () => {
    const model = { base: flatPrices({ input: 0.5, output: 2 }), tiers: [] }
    const usage = { ...NO_USAGE, inputTokens: 1, ...extrasOf({ webSearches: 3, fileSearches: 2 }) }
    const fees = { webSearchPicoUsd: 10_000_000_000, fileSearchPicoUsd: 2_500_000_000 }

    expect(billMicroUsd(usage, model, fees)).toBe(30_000 + 5_000 + 1)
    expect(billMicroUsd({ ...usage, outputTokens: TOKENS_MAX, inputTokens: TOKENS_MAX }, dear(), fees)).toBe(
      35_000 + 2 * TOKENS_MAX * 1_000,
    )
  })

  function dear(): ModelPrices {
    return { base: flatPrices({ input: 1_000, output: 1_000 }), tiers: [] }
  }
})

test('pictures and sound that a model makes have a price of their own, which is set aside', () => {
  const image = findEmbeddedPrices(['gemini'], 'gemini-3-pro-image', WALL) ?? FREE
  const audio = findEmbeddedPrices(['openai'], 'gpt-audio', WALL) ?? FREE
  const usage = { ...NO_USAGE, outputTokens: 1_127, ...extrasOf({ mediaTokens: 1_120 }) }

  expect(billMicroUsd(usage, image)).toBe(7 * 12 + 1_120 * 120)
  expect(worstCase(0, 1, image).outputPicoUsd).toBe(120_000_000)
  expect(audio.base.outputMediaPicoUsd).toBe(64_000_000)
  expect(billMicroUsd(usage, { base: flatPrices({ input: 1, output: 2 }), tiers: [] })).toBe(2 * 1_127)
})

describe('the same tokens at another tier, speed or place', () => {
  const book = (overrides: ReadonlyMap<string, ModelPrices> = new Map()) => openPriceBook({ overrides, ceiling: null })

  test.each([
    ['anthropic', 'claude-opus-4-6', ['fast'], 30_000_000],
    ['anthropic', 'claude-opus-5-5', ['fast'], 8_000_000],
    ['anthropic', 'claude-opus-5-5', ['fast', 'us'], 8_800_000],
    ['anthropic', 'claude-fable-5-2', ['fast'], 16_000_000],
    ['anthropic', 'claude-fable-5-1', ['fast'], 10_000_000],
    ['anthropic', 'claude-sonnet-4-6', ['us'], 3_300_000],
    ['anthropic', 'claude-haiku-4-5', ['us'], 1_000_000],
    ['openai', 'gpt-5.5', ['priority'], 12_500_000],
    ['openai', 'gpt-5.4', ['fast'], 5_000_000],
    ['openai', 'gpt-5-mini', ['priority'], 450_000],
    ['openai', 'gpt-4.1-mini', ['priority'], 700_000],
    ['openai', 'gpt-4o-mini', ['priority'], 250_000],
    ['openai', 'o3', ['priority'], 3_500_000],
    ['openai', 'o4-mini', ['priority'], 2_000_000],
    ['openai', 'o4-mini', ['flex'], 550_000],
    ['openai', 'gpt-4o', ['flex'], 2_500_000],
    ['openai', 'gpt-6-astra', ['ultrafast'], 60_000_000],
    ['openai', 'gpt-6.2-sol', ['fast'], 4_000_000],
    ['openai', 'gpt-6.2-sol', ['ultrafast'], 6_000_000],
    ['openai', 'gpt-5.4', ['of-next-year', 'constructor', '__proto__'], 2_500_000],
  ])('has the price that its vendor names: %s %s %p', (provider, model, names, inputPicoUsd) => {
    const quote = book().quote(provider, model, WALL)

    expect(quote && pricesAt(quote.prices, names).base.inputPicoUsd).toBe(inputPicoUsd)
  })

  test.each([
    ['foundry-anthropic', 'claude-opus-5-5-fast', 8_000_000],
    ['foundry-anthropic', 'claude-fable-5-2-fast', 16_000_000],
    ['openrouter', 'anthropic/claude-opus-5.5-fast', 8_000_000],
    ['openrouter', 'anthropic/claude-opus-4.7-fast', 30_000_000],
  ])('is in the price of a model that is fast by its name, once: %s %s', (provider, model, inputPicoUsd) => {
    const { prices = FREE } = book().quote(provider, model, WALL) ?? {}

    expect(prices.base.inputPicoUsd).toBe(inputPicoUsd)
    expect(pricesAt(prices, ['fast']).base.inputPicoUsd).toBe(inputPicoUsd)
    expect(book().fees(provider, model, WALL).webSearchPicoUsd).toBe(10_000_000_000)
  })

  test('is not known of a model that has none', () => {
    expect(book().quote('foundry-anthropic', 'claude-haiku-5-5-fast', WALL)).toBeNull()
  })

  test('has another multiple from the day on that its vendor names', () => {
    const multiple = (day: string) =>
      book().quote('openai', 'gpt-6.2-sol', Date.parse(day))?.prices.rates?.get('ultrafast')

    expect([multiple('2027-02-28T23:59:59Z'), multiple('2027-03-01T00:00:00Z')]).toEqual([3, 6])
  })

  test('has the multiples of the operator, each where there is one, at every length of prompt', () => {
    const tier = { aboveTokens: 10, prices: flatPrices({ input: 4, output: 8 }) }
    const own = { base: flatPrices({ input: 2, output: 4 }), tiers: [tier], rates: new Map([['priority', 3]]) }
    const prices = book(new Map([['gpt-*', own]])).quote('openai', 'gpt-5.4', WALL)?.prices ?? own
    const cost = (name: string, inputTokens: number) =>
      billMicroUsd({ ...NO_USAGE, inputTokens, outputTokens: 1, ...extrasOf({ rates: [name] }) }, prices)

    expect([cost('priority', 10), cost('priority', 11)]).toEqual([3 * 24, 3 * 52])
    expect([cost('flex', 10), cost('default', 10)]).toEqual([12, 24])
  })

  test('is set aside for at the price of the list at least', () => {
    const { prices } = book().quote('openai', 'gpt-5.4', WALL) ?? {}

    expect(prices && pricesAt(prices, ['flex'], 1)).toBe(prices)
    expect(prices && pricesAt(prices, ['fast'], 1).tiers[0]?.prices.outputPicoUsd).toBe(45_000_000)
  })
})

test('a tier holds for the whole request from one token above its edge', () => {
  const base = flatPrices({ input: 3, output: 15 })
  const dear = flatPrices({ input: 6, output: 22.5 })
  const model = { base, tiers: [{ aboveTokens: 200_000, prices: dear }] }

  expect(pricesFor(model, 199_999)).toBe(base)
  expect(pricesFor(model, 200_000)).toBe(base)
  expect(pricesFor(model, 200_001)).toBe(dear)
  expect(billMicroUsd({ ...NO_USAGE, inputTokens: 100_000, cacheReadTokens: 100_001, outputTokens: 1 }, model)).toBe(
    600_000 + 600_006 + 23,
  )
})

test('an override wins over the table: the exact name first, then the longest pattern', () => {
  const price = (input: number) => ({ base: flatPrices({ input, output: 1 }), tiers: [] })
  const book = openPriceBook({
    overrides: new Map([
      ['claude-*', price(1)],
      ['claude-sonnet*', price(2)],
      ['anthropic/claude-sonnet-4-20250514', price(3)],
    ]),
    ceiling: null,
  })
  const input = (provider: string, model: string) => book.quote(provider, model, WALL)?.prices.base.inputPicoUsd

  expect(input('anthropic', 'claude-sonnet-4-20250514')).toBe(3_000_000)
  expect(input('bedrock', 'claude-sonnet-4-20250514')).toBe(2_000_000)
  expect(input('bedrock', 'claude-opus-4')).toBe(1_000_000)
})

test('an unknown price is the ceiling, said to be one, or nothing', () => {
  const ceiling = { base: flatPrices({ input: 5, output: 25 }), tiers: [] }

  expect(openPriceBook({ overrides: new Map(), ceiling }).quote('x', 'zz-9', WALL)).toEqual({
    prices: ceiling,
    source: 'ceiling',
  })
  expect(openPriceBook({ overrides: new Map(), ceiling: null }).quote('x', 'zz-9', WALL)).toBeNull()
})

test.each([
  ['2026-11-22T00:59:59.999Z', 660_000],
  ['2026-11-22T01:00:00Z', 1_320_000],
  ['2026-11-22T03:59:59.999Z', 1_320_000],
  ['2026-11-22T04:00:00Z', 660_000],
])('a price that changes with the hour of the day holds from the moment it begins: at %s', (at, inputPicoUsd) => {
  const book = openPriceBook({ overrides: new Map(), ceiling: null })
  const wallMs = Date.parse(at)
  book.quote('deepseek', 'deepseek-v4-pro', wallMs - 1_800_000)

  expect(book.quote('deepseek', 'deepseek-v4-pro', wallMs)?.prices.base.inputPicoUsd).toBe(inputPicoUsd)
})
