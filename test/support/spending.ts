import type { BudgetGate } from '../../src/budget/gate.ts'
import { type LimitRule, openLimitBook } from '../../src/budget/limit-rule.ts'
import { openPriceBook } from '../../src/budget/price-book.ts'
import type { ModelPrices } from '../../src/budget/prices.ts'
import { flatPrices } from '../../src/budget/prices.ts'
import { openMemoryRateLimiter } from '../../src/budget/rate-limit.ts'
import type { Spending } from '../../src/pipeline/spending.ts'
import { openTestGate } from './budgets.ts'
import { openMemoryLedger } from './memory-ledger.ts'

/** A dollar per million tokens in, two out: one token in is one micro-dollar. */
export const PLAIN_PRICES: ModelPrices = { base: flatPrices({ input: 1, output: 2 }), tiers: [] }

/** Money without limits, unless a gate brings some; every model has the plain price, unless said otherwise. */
export function openTestSpending(
  options: {
    gate?: BudgetGate
    limits?: readonly LimitRule[]
    prices?: ReadonlyMap<string, ModelPrices>
    listener?: Partial<Spending['listener']>
  } = {},
): Spending {
  return {
    gate: options.gate ?? openTestGate({ rules: [], store: openMemoryLedger().store }),
    prices: openPriceBook({ overrides: options.prices ?? new Map([['*', PLAIN_PRICES]]), ceiling: null }),
    limiter: openMemoryRateLimiter(),
    limits: openLimitBook(options.limits ?? []),
    listener: {
      onRateLimited: () => undefined,
      onRefused: () => undefined,
      onHeld: () => undefined,
      onReturned: () => undefined,
      ...options.listener,
    },
  }
}
