import type { Balance } from '../core/store.ts'
import { amountOf, CLAMPED_TOKENS_MIN, clampOutput, type Estimate, estimatedAmounts } from './estimate.ts'
import { type AmountUnit, accountsOf, amountUnit, type BudgetRule, type Subject } from './rule.ts'
import { openSlice } from './slice.ts'

/** What a budget would say to a request. Amounts in micro-dollars, tokens or requests. */
export interface AccountVerdict {
  readonly account: string
  readonly unit: AmountUnit
  readonly limit: number
  /** What nobody has spent or set aside. */
  readonly left: number
  /** What the request would set aside. */
  readonly needed: number
  readonly resetsWallMs: number
}

export interface BudgetVerdict {
  readonly verdict: 'no budget applies' | 'passes' | 'output is clamped' | 'refused'
  /** The output limit that would be sent; `null` where it is refused. */
  readonly outputTokens: number | null
  readonly accounts: readonly AccountVerdict[]
}

/**
 * What the gate would decide with these balances, without asking it: nothing is set aside. Slices of running instances
 * count as free, which they are to somebody.
 */
export function budgetVerdict(
  rules: readonly BudgetRule[],
  balances: readonly Balance[],
  { subject, estimate, wallMs }: { subject: Subject; estimate: Estimate; wallMs: number },
): BudgetVerdict {
  const amounts = estimatedAmounts(estimate)
  const slices = accountsOf(rules, subject).map((account) => openSlice(account, wallMs))
  const accounts = slices.map((slice): AccountVerdict => {
    const { name, rule } = slice.account
    const balance = balances.find(({ account, windowIndex }) => account === name && windowIndex === slice.window.index)
    return {
      account: name,
      unit: amountUnit(rule.unit),
      limit: rule.cap,
      left: rule.cap - (balance?.spent ?? 0) - (balance?.held ?? 0),
      needed: amountOf(slice, amounts),
      resetsWallMs: slice.window.endWallMs,
    }
  })
  if (accounts.length === 0) return { verdict: 'no budget applies', outputTokens: estimate.outputTokens, accounts }
  const fits = accounts.every(({ left, needed, limit }) => needed <= left && limit > 0)
  if (fits) return { verdict: 'passes', outputTokens: estimate.outputTokens, accounts }
  const lefts = accounts.map(({ left }) => left)
  const clamped = accounts.some(({ limit }) => limit === 0) ? 0 : clampOutput(slices, lefts, estimate)
  if (clamped < CLAMPED_TOKENS_MIN) return { verdict: 'refused', outputTokens: null, accounts }
  return { verdict: 'output is clamped', outputTokens: clamped, accounts }
}
