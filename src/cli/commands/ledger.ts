import { windowBounds } from '../../budget/account-name.ts'
import { formatRows, type OutputFormat } from './table.ts'
import { type StoreCommandOptions, withStoreForReading } from './with-store.ts'

export type LedgerAction =
  | { readonly kind: 'verify'; readonly isJson?: boolean }
  | { readonly kind: 'balances'; readonly format: OutputFormat }

/** `lynkr ledger verify|balances`. `verify` ends with 1 if a balance is not what its journal adds up to. */
export function ledger(options: StoreCommandOptions & { readonly action: LedgerAction }): Promise<number> {
  return withStoreForReading(options, async (store) => {
    const balances = await store.balances()
    if (options.action.kind === 'balances') {
      const rows = balances.map((b) => {
        const { start, unit } = windowBounds(b)
        return [b.account, start, unit, b.cap, b.spent, b.held, b.leased, b.cap - b.spent - b.held - b.leased]
      })
      const heads = ['account', 'window', 'unit', 'cap', 'spent', 'held', 'leased', 'available']
      options.print(formatRows(options.action.format, heads, rows))
      return 0
    }
    const differences = await store.verifyLedger()
    if (options.action.isJson === true) {
      const ok = differences.length === 0
      options.print(JSON.stringify({ ok, balances: balances.length, differences }, null, 2))
      return ok ? 0 : 1
    }
    for (const difference of differences) options.printError(difference)
    const words = differences.length === 0 ? 'every balance is what its journal adds up to' : 'the books do not balance'
    options.print(`${balances.length} balances checked: ${words}`)
    return differences.length === 0 ? 0 : 1
  })
}
