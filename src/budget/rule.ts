import type { WindowKind } from './window.ts'

export const SCOPE_KINDS = ['key', 'user', 'team', 'model', 'global'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]

/** What a limit counts: micro-dollars, tokens of every sort, or requests. */
export const BUDGET_UNITS = ['usd', 'tokens', 'requests'] as const
export type BudgetUnit = (typeof BUDGET_UNITS)[number]

/**
 * One limit. `match` is an id, or `*`: every id of the scope has a budget of its own. Of the scope `model` it may end in
 * `*` too: all models that begin so share one budget. The scope `global` has one budget for everybody and the match `*`.
 * `cap` is in whole units: micro-dollars, tokens or requests.
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
 * How exactly a rule of `scope` is about an id of it: 0 if it is not, the most where it names the id, else by the length of
 * what it says of the id's beginning. Of several rules the most exact is in force.
 */
export function exactness({ scope, match }: { readonly scope: ScopeKind; readonly match: string }, id: string): number {
  if (match === id) return Number.POSITIVE_INFINITY
  const isPattern = match === '*' || (scope === 'model' && match.endsWith('*'))
  return isPattern && id.startsWith(match.slice(0, -1)) ? match.length : 0
}

/** Under which id a rule counts what `id` spends: a pattern has one budget for all, `*` one for each. */
export function countedId({ match }: { readonly match: string }, id: string): string {
  return match === '*' ? id : match
}

/**
 * The accounts that a request of `subject` must be able to pay from, in a fixed order. Of the rules of one scope, window
 * and unit the most exact one replaces the others, so that one key can be given more, or less, than the rest.
 */
export function accountsOf(rules: readonly BudgetRule[], subject: Subject): readonly Account[] {
  const chosen = new Map<string, Account & { readonly fit: number }>()
  for (const rule of rules) {
    const id = rule.scope === 'global' ? '*' : subject[rule.scope]
    if (id === null) continue
    const fit = exactness(rule, id)
    const place = `${rule.scope}/${rule.window}/${rule.unit}`
    if (fit <= (chosen.get(place)?.fit ?? 0)) continue
    chosen.set(place, { name: accountName(rule.scope, countedId(rule, id), rule), rule, fit })
  }
  return [...chosen.values()].map(({ name, rule }) => ({ name, rule })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Whether it matters to a budget which other model would answer a request, and how long: dollars or tokens of one of its
 * accounts are counted, or some model has a budget of its own.
 */
export function countsSpending(rules: readonly BudgetRule[], accounts: readonly Account[]): boolean {
  if (rules.some(({ scope }) => scope === 'model')) return true
  return accounts.some(({ rule }) => rule.unit !== 'requests')
}
