import { amountOf, estimatedAmounts, worstCase } from '../../src/budget/estimate.ts'
import { openPlans } from '../../src/budget/plan.ts'
import { openPriceBook } from '../../src/budget/price-book.ts'
import { billMicroUsd } from '../../src/budget/prices.ts'
import type { BudgetRule } from '../../src/budget/rule.ts'
import { confirm, take } from '../../src/budget/slice.ts'
import { NO_USAGE } from '../../src/core/usage.ts'
import type { MicroRow } from '../micro.ts'

/** Where results go, so that no run can be optimised away. */
const sink = { value: 0 }

const WALL = Date.parse('2026-11-22T18:00:00Z')
const SUBJECT = { key: 'k1', user: 'u1', team: null, model: 'claude-sonnet-4-20250514' }
const rule = (scope: BudgetRule['scope']): BudgetRule => ({
  ...{ scope, match: '*', window: 'day', unit: 'usd', cap: 1e12, softRatio: 0.8 },
})
const book = openPriceBook({ overrides: new Map(), ceiling: null })
const plans = openPlans([rule('key'), rule('global')], () => undefined)
for (const slice of plans.slicesFor(SUBJECT, WALL)) slice.free = 1e12
const USAGE = { ...NO_USAGE, inputTokens: 12_000, outputTokens: 400 }

/** What a request costs in memory: plan, price, worst case, take from every slice, bill, give the rest back. */
function reserveAndSettle(): void {
  const quote = book.quote('anthropic', SUBJECT.model, WALL)
  if (quote === null) return
  const slices = plans.slicesFor(SUBJECT, WALL)
  const amounts = estimatedAmounts(worstCase(50_000, 4_096, quote.prices))
  const lines = slices.map((slice) => ({ slice, amount: amountOf(slice, amounts) }))
  if (!take(lines)) return
  const cost = billMicroUsd(USAGE, quote.prices)
  for (const { slice, amount } of lines) {
    slice.advanced -= amount
    slice.free += amount
    confirm(slice, { granted: 0, sliceFree: slice.free, used: cost, sliceMax: 1e12 })
  }
  sink.value += cost
}

export const rows: readonly MicroRow[] = [
  {
    name: 'budget: find price and accounts, reserve + settle in memory, two scopes',
    targetNs: 1_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) reserveAndSettle()
    },
  },
  {
    name: 'budget: accounts of a request, remembered',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += plans.slicesFor(SUBJECT, WALL).length
    },
  },
  {
    name: 'budget: price of a model, remembered',
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        if (book.quote('anthropic', SUBJECT.model, WALL) !== null) sink.value += 1
      }
    },
  },
]
