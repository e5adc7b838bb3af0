import type { Balance } from '../core/store.ts'
import { readAccountName } from './account-name.ts'
import { type AmountUnit, accountName, amountUnit, type BudgetRule, type ScopeKind } from './rule.ts'
import { type WindowKind, windowAt } from './window.ts'

/** How one budget stands in the window that holds the present. Amounts in micro-dollars, tokens or requests. */
export interface BudgetLine {
  readonly scope: ScopeKind
  /** Who it is about; `*` of the scope `global`. */
  readonly id: string
  readonly window: WindowKind
  readonly unit: AmountUnit
  readonly limit: number
  readonly spent: number
  /** Set aside for requests under way. */
  readonly reserved: number
  /** What can still be spent; below zero after a bill that was larger than its reservation. */
  readonly left: number
  /** Start of the next window, Unix ms. */
  readonly resetsWallMs: number
}

/**
 * Every budget that has been touched in its present window, and those for one id or for everybody that have not:
 * the scarcest first.
 *
 * @param balances all of the ledger's; those of former windows and of rules that are gone are left out
 */
export function budgetReport(
  rules: readonly BudgetRule[],
  balances: readonly Balance[],
  wallMs: number,
): readonly BudgetLine[] {
  const lines = new Map<string, BudgetLine>()
  for (const rule of rules) {
    const id = rule.scope === 'global' ? '*' : rule.match
    if (id !== '*' || rule.scope === 'global')
      lines.set(accountName(rule.scope, id, rule), lineOf(rule, id, null, wallMs))
  }
  for (const balance of balances) {
    const { id } = readAccountName(balance.account)
    const rule = ruleOf(rules, balance.account, id)
    if (rule === null) continue
    if (balance.windowIndex !== windowAt(rule.window, wallMs).index) continue
    lines.set(balance.account, lineOf(rule, id, balance, wallMs))
  }
  return [...lines.values()].sort((a, b) => shareLeft(a) - shareLeft(b))
}

function lineOf(rule: BudgetRule, id: string, balance: Balance | null, wallMs: number): BudgetLine {
  const { spent, held } = balance ?? { spent: 0, held: 0 }
  return {
    scope: rule.scope,
    id,
    window: rule.window,
    unit: amountUnit(rule.unit),
    limit: rule.cap,
    spent,
    reserved: held,
    left: rule.cap - spent - held,
    resetsWallMs: windowAt(rule.window, wallMs).endWallMs,
  }
}

/** The rule that an account was made by, now; an exact match wins. */
function ruleOf(rules: readonly BudgetRule[], account: string, id: string): BudgetRule | null {
  const mine = rules.filter(
    (rule) => (rule.match === id || rule.match === '*') && accountName(rule.scope, id, rule) === account,
  )
  return mine.find(({ match }) => match === id) ?? mine[0] ?? null
}

function shareLeft({ limit, left }: BudgetLine): number {
  return limit === 0 ? 0 : left / limit
}
