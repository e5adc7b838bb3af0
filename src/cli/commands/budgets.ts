import { type BudgetLine, budgetReport } from '../../budget/budget-report.ts'
import type { BudgetRule } from '../../budget/rule.ts'
import { formatRows, type OutputFormat } from './table.ts'
import { dollars } from './usage.ts'
import { type StoreCommandOptions, withStoreForReading } from './with-store.ts'

export interface BudgetsOptions extends StoreCommandOptions {
  readonly rules: readonly BudgetRule[]
  readonly wallMs: number
  readonly format: OutputFormat
}

const HEADS = ['scope', 'id', 'window', 'unit', 'limit', 'spent', 'reserved', 'left', 'resets']

/** `lynkr budgets`: how every budget stands in its present window; the scarcest first. */
export function budgets(options: BudgetsOptions): Promise<number> {
  return withStoreForReading(options, async (store) => {
    const lines = budgetReport(options.rules, await store.balances(), options.wallMs)
    if (lines.length === 0 && options.format === 'table')
      options.printError('no budget is configured, or nothing has counted towards one yet')
    options.print(formatRows(options.format, HEADS, lines.map(options.format === 'json' ? jsonRow : tableRow)))
    return 0
  })
}

/** Amounts as integers, for programs. */
function jsonRow({ scope, id, window, unit, limit, spent, reserved, left, resetsWallMs }: BudgetLine) {
  return [scope, id, window, unit, limit, spent, reserved, left, new Date(resetsWallMs).toISOString()]
}

function tableRow(line: BudgetLine) {
  const { scope, id, window, unit, limit, spent, reserved, left } = line
  const amounts = [limit, spent, reserved, left].map((amount) => (unit === 'micro_usd' ? dollars(amount) : amount))
  const resets = `${new Date(line.resetsWallMs).toISOString().slice(0, 16).replace('T', ' ')}`
  return [scope, id, window, unit === 'micro_usd' ? 'usd' : unit, ...amounts, resets]
}
