import type { WindowKind } from './window.ts'

export const SCOPE_KINDS = ['key', 'user', 'team', 'model', 'global'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]

/** What a limit counts: micro-dollars, tokens of every sort, or requests. */
export const BUDGET_UNITS = ['usd', 'tokens', 'requests'] as const
export type BudgetUnit = (typeof BUDGET_UNITS)[number]

/**
 * One limit. `match` is an id, or `*`: every id of the scope has a budget of its own. The scope `global` has one
 * budget for everybody and the match `*`. `cap` is in whole units: micro-dollars, tokens or requests.
 */
export interface BudgetRule {
  readonly scope: ScopeKind
  readonly match: string
  readonly window: WindowKind
  readonly unit: BudgetUnit
  readonly cap: number
  /** Share of the cap, 0–1, from which on the operator is told; requests still pass. */
  readonly softRatio: number
}

/** Who spends, and on what. A `null` belongs to no budget of that scope. */
export interface Subject {
  readonly key: string | null
  readonly user: string | null
  readonly team: string | null
  readonly model: string
}

/** A rule applied to one id: the thing that has a balance. */
export interface Account {
  /** Its name in the ledger. */
  readonly name: string
  readonly rule: BudgetRule
}

/** `key:k1/day/usd`. */
export function accountName(
  scope: ScopeKind,
  id: string,
  { window, unit }: Pick<BudgetRule, 'window' | 'unit'>,
): string {
  return `${scope}:${id}/${window}/${unit}`
}

/** What the amounts of a budget are told in. */
export type AmountUnit = 'micro_usd' | 'tokens' | 'requests'

export function amountUnit(unit: BudgetUnit): AmountUnit {
  return unit === 'usd' ? 'micro_usd' : unit
}

/**
 * The accounts that a request of `subject` must be able to pay from, in a fixed order. An exact match replaces the
 * `*` rule of the same scope, window and unit, so that one key can be given more, or less, than the rest.
 */
export function accountsOf(rules: readonly BudgetRule[], subject: Subject): readonly Account[] {
  const chosen = new Map<string, Account>()
  for (const rule of rules) {
    const id = rule.scope === 'global' ? '*' : subject[rule.scope]
    if (id === null || (rule.match !== '*' && rule.match !== id)) continue
    const name = accountName(rule.scope, id, rule)
    if (rule.match !== '*' || !chosen.has(name)) chosen.set(name, { name, rule })
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Whether it matters to a budget which other model would answer a request, and how long: dollars or tokens of one of its
 * accounts are counted, or some model has a budget of its own.
 */
export function countsSpending(rules: readonly BudgetRule[], accounts: readonly Account[]): boolean {
  if (rules.some(({ scope }) => scope === 'model')) return true
  return accounts.some(({ rule }) => rule.unit !== 'requests')
}
