import type { BudgetEntry, PriceEntry } from './budget-config.ts'
import type { LimitEntry } from './limit-config.ts'
import { LIMIT_UNITS, type LimitRule } from './limit-rule.ts'
import { flatPrices, type ModelPrices, toolFees } from './prices.ts'
import { BUDGET_UNITS, type BudgetRule } from './rule.ts'

const MICRO_PER_USD = 1_000_000

/** Turns checked entries into rules; dollars become integer micro-dollars, rounded down: a cap is never exceeded. */
export function toBudgetRules(budgets: readonly BudgetEntry[]): readonly BudgetRule[] {
  return budgets.flatMap((budget) =>
    BUDGET_UNITS.flatMap((unit) => {
      const cap = budget[unit]
      if (cap === undefined) return []
      const { scope, match, window, softRatio } = budget
      const whole = unit === 'usd' ? Math.floor(Math.round(cap * MICRO_PER_USD * 1_000) / 1_000) : cap
      return [{ scope, match, window, unit, cap: whole, softRatio }]
    }),
  )
}

/** Turns checked entries into rules, one for each unit that has a limit. */
export function toLimitRules(entries: readonly LimitEntry[]): readonly LimitRule[] {
  return entries.flatMap(({ scope, match, ...limits }) =>
    LIMIT_UNITS.flatMap((unit) => {
      const most = limits[unit]
      return most === undefined ? [] : [{ scope, match, unit, limit: most }]
    }),
  )
}

/** Turns the checked prices of a model, in dollars per million tokens, into ours. */
export function toModelPrices(price: PriceEntry): ModelPrices {
  const tiers = price.tiers.toSorted((a, b) => a.aboveTokens - b.aboveTokens)
  return {
    base: flatPrices(price),
    tiers: tiers.map((tier) => ({ aboveTokens: tier.aboveTokens, prices: flatPrices(tier) })),
    fees: toolFees(price.webSearch, price.fileSearch),
    ...(price.rates && { rates: new Map(Object.entries(price.rates)) }),
  }
}
