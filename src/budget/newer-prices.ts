import { type FlatPrices, flatPrices, type ModelPrices, multiplied, toolFees } from './prices.ts'

/**
 * Prices of models that came after the embedded table, which wins where it has them. By the name of the model, with `-`
 * for `.`.
 *
 * @see Anthropic, "Pricing" and the overviews of Claude Haiku 5.5 and Claude Fable 5.2; OpenAI, "Models", "GPT-6.1 Sol",
 *   "GPT-6.1 Terra", "GPT-6.2 Sol", and "Pricing" for GPT-6.2 Astra; 2026-11
 */
const NEWER: ReadonlyMap<string, ModelPrices> = new Map([
  [
    'claude-haiku-5-5',
    {
      ...claude({ input: 0.1, output: 0.5, cacheRead: 0.01 }),
      tiers: [{ aboveTokens: 100_000, prices: claude({ input: 0.5, output: 2.5, cacheRead: 0.05 }).base }],
    },
  ],
  ['claude-fable-5-2', claude({ input: 8, output: 40, cacheRead: 0.2 })],
  ['claude-mythos-5-2', claude({ input: 8, output: 40, cacheRead: 0.2 })],
  ['claude-mythos-5-1', claude({ input: 10, output: 50, cacheRead: 0.25 })],
  ['claude-mythos-5', claude({ input: 10, output: 50, cacheRead: 1 })],
  ['gpt-6-2-astra', gpt({ input: 8, output: 40, cacheRead: 0.4 })],
  ['gpt-6-2-sol', gpt({ input: 2, output: 10, cacheRead: 0.1 })],
  ['gpt-6-1-sol', gpt({ input: 2, output: 10, cacheRead: 0.1 })],
  ['gpt-6-1-terra', gpt({ input: 1, output: 5, cacheRead: 0.05 })],
])

/** What of a name is the model's: neither who serves it, nor a date, nor a version of an interface. */
const NAME =
  /(?:^|[./])(?:databricks-)?((?:claude|gpt)-[a-z0-9.-]+?)(?:[-@]\d{8}|-\d{4}-\d\d-\d\d)?(?:-v\d+(?::\d+)?)?$/

/** Claude in Amazon's cloud, but for what may be served anywhere: a tenth more than at Anthropic (its "Pricing"). */
const REGIONAL = /^(?!global\.).*\banthropic\./
const REGIONAL_MULTIPLE = 1.1

/** @returns `null` for any other model; with the fees of the vendor's own tools */
export function findNewerPrices(model: string): ModelPrices | null {
  const name = NAME.exec(model)?.[1]?.replaceAll('.', '-') ?? ''
  const prices = NEWER.get(name)
  if (prices === undefined) return null
  return REGIONAL.test(model) ? multiplied(prices, REGIONAL_MULTIPLE) : prices
}

/** A write to the cache costs a quarter more than input, one for an hour twice as much. */
function claude(usd: FlatPrices): ModelPrices {
  return { base: flatPrices({ ...usd, cacheWrite: usd.input * 1.25 }), tiers: [], fees: toolFees(10, undefined) }
}

/** As Claude's; a longer prompt costs twice as much, its answer half as much again. */
function gpt({ input, output, cacheRead = input }: FlatPrices): ModelPrices {
  const prices = (times: number): FlatPrices => ({
    input: input * times,
    output: times === 1 ? output : output * 1.5,
    cacheRead: cacheRead * times,
    cacheWrite: input * times * 1.25,
  })
  const tiers = [{ aboveTokens: 272_000, prices: flatPrices(prices(2)) }]
  return { base: flatPrices(prices(1)), tiers, fees: toolFees(10, 2.5) }
}
