import type { BudgetRule } from '../../src/budget/rule.ts'
import { dailyUsd } from '../support/budgets.ts'

export interface KillInput {
  readonly databaseUrl: string | null
  readonly sqlitePath: string
  readonly owner: string
  readonly seed: number
  /** Of a minute, in micro-dollars. */
  readonly cap: number
}

/** Requests that each instance keeps under way. */
export const LANES = 16

/** A cap that is reached within each minute, so that kills fall before, at and after it and over the window's edge. */
export function rulesOf(cap: number): readonly BudgetRule[] {
  return [dailyUsd(1e12, { window: 'month' }), dailyUsd(cap, { scope: 'key', window: 'minute' })]
}
