import { withoutRoutingVariant } from '../core/routing-variant.ts'
import { findEmbeddedFees, findEmbeddedPrices } from './embedded-prices.ts'
import { type ModelPrices, NO_FEES, type ToolFees } from './prices.ts'
import { findRates } from './rates.ts'

/** Models whose prices are remembered; names come from clients, so there is no end to them. */
const REMEMBERED_MODELS_MAX = 2_000

/** Embedded prices can begin at a date or an hour of the day: an answer holds to the end of its quarter of an hour. */
const REMEMBERED_MS = 900_000

/** The operator's own price, the table's, or the operator's ceiling where nobody knows one. */
export interface Quote {
  readonly prices: ModelPrices
  readonly source: 'operator' | 'table' | 'ceiling'
}

interface Remembered {
  readonly quote: Quote | null
  /** Asked for with the first answer that has calls to pay: most have none. */
  fees: ToolFees | null
  readonly untilWallMs: number
}

export interface PriceBookOptions {
  /** By `provider/model`, by model, or by a pattern with `*` for any characters; the most exact wins. */
  readonly overrides: ReadonlyMap<string, ModelPrices>
  /** What an unknown model is assumed to cost; `null` makes it unknown. */
  readonly ceiling: ModelPrices | null
}

export interface PriceBook {
  /**
   * @param row row that the provider is of, where it is called otherwise
   * @returns `null` if the price is unknown and there is no ceiling; with a budget in force that is a refusal
   */
  quote(provider: string, model: string, wallMs: number, row?: string): Quote | null
  /** What calls of the vendor's own tools cost there; nothing where nobody knows. */
  fees(provider: string, model: string, wallMs: number, row?: string): ToolFees
}

export function openPriceBook(options: PriceBookOptions): PriceBook {
  /** By model, then by provider: no name is put together to ask. */
  const remembered = new Map<string, Map<string, Remembered>>()
  const patterns = [...options.overrides]
    .filter(([name]) => name.includes('*'))
    .sort(([a], [b]) => b.length - a.length)
    .map(([name, prices]) => ({ matches: globMatcher(name), prices }))

  function override(provider: string, model: string): ModelPrices | undefined {
    const full = `${provider}/${model}`
    const own =
      options.overrides.get(full) ??
      options.overrides.get(model) ??
      patterns.find((pattern) => pattern.matches(full) || pattern.matches(model))?.prices
    const bare = withoutRoutingVariant(model)
    return own === undefined && bare !== model ? override(provider, bare) : own
  }

  function find(provider: string, model: string, wallMs: number, row: string): Quote | null {
    const own = override(provider, model)
    if (own !== undefined) return { prices: withRates(own, model, wallMs), source: 'operator' }
    const embedded = findEmbeddedPrices([row, provider], withoutRoutingVariant(model), wallMs)
    if (embedded !== null) return { prices: withRates(embedded, model, wallMs), source: 'table' }
    return options.ceiling && { prices: withRates(options.ceiling, model, wallMs), source: 'ceiling' }
  }

  function findFees(provider: string, model: string, wallMs: number, row: string): ToolFees {
    return { ...NO_FEES, ...findEmbeddedFees([row, provider], model, wallMs), ...override(provider, model)?.fees }
  }

  function recall(provider: string, model: string, wallMs: number, row: string): Remembered {
    const known = remembered.get(model)?.get(provider)
    if (known !== undefined && wallMs < known.untilWallMs && wallMs >= known.untilWallMs - REMEMBERED_MS) return known
    const untilWallMs = (Math.floor(wallMs / REMEMBERED_MS) + 1) * REMEMBERED_MS
    const found = { quote: find(provider, model, wallMs, row), fees: null, untilWallMs }
    if (remembered.size >= REMEMBERED_MODELS_MAX) remembered.clear()
    const byProvider = remembered.get(model) ?? new Map<string, Remembered>()
    remembered.set(model, byProvider.set(provider, found))
    return found
  }

  return {
    quote: (provider, model, wallMs, row = provider) => recall(provider, model, wallMs, row).quote,
    fees(provider, model, wallMs, row = provider) {
      const known = recall(provider, model, wallMs, row)
      known.fees ??= findFees(provider, model, wallMs, row)
      return known.fees
    },
  }
}

/** The multiples that the operator names, and of others those that are known. */
function withRates(prices: ModelPrices, model: string, wallMs: number): ModelPrices {
  const rates = new Map([...findRates(model, wallMs), ...(prices.rates ?? [])])
  return rates.size === 0 ? prices : { ...prices, rates }
}

/** `*` stands for any characters; matched without a regular expression, so that no pattern can be slow. */
function globMatcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
    let from = first.length
    const end = name.length - last.length
    for (const part of parts.slice(1, -1)) {
      const at = name.indexOf(part, from)
      if (at === -1 || at + part.length > end) return false
      from = at + part.length
    }
    return true
  }
}
