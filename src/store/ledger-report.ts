import { sql } from 'drizzle-orm'
import { ledgerDifferences } from '../budget/ledger-verify.ts'
import type { Balance } from '../core/store.ts'
import { int, type Program, type Row, text } from './program.ts'

export function* balancesProgram(): Program<readonly Balance[]> {
  const rows = yield sql`select account, window_index, cap, spent, held, leased from budget_balance order by bucket`
  return rows.map(balanceIn)
}

export function balanceIn(row: Row): Balance {
  return {
    account: text(row, 'account'),
    windowIndex: int(row, 'window_index'),
    cap: int(row, 'cap'),
    spent: int(row, 'spent'),
    held: int(row, 'held'),
    leased: int(row, 'leased'),
  }
}

/** Adds up journal, holds and slices in the database, and compares. */
export function* verifyProgram(): Program<readonly string[]> {
  const balances = yield* balancesProgram()
  const sums = yield sql`
    select b.bucket, b.account, b.window_index,
      coalesce(j.held, 0) as journal_held, coalesce(j.spent, 0) as journal_spent,
      coalesce(h.amount, 0) as open_holds, coalesce(s.amount, 0) as slices
    from budget_balance b
    left join (
      select bucket,
        sum(case when to_side = 'held' then amount when from_side = 'held' then -amount else 0 end) as held,
        sum(case when to_side = 'spent' then amount when from_side = 'spent' then -amount else 0 end) as spent
      from journal group by bucket
    ) j on j.bucket = b.bucket
    left join (select bucket, sum(amount) as amount from budget_hold group by bucket) h on h.bucket = b.bucket
    left join (select bucket, sum(amount) as amount from budget_slice group by bucket) s on s.bucket = b.bucket`
  const orphans = yield sql`
    select distinct bucket from journal where bucket not in (select bucket from budget_balance) limit 100`
  const found = sums.map((row) => ({
    account: text(row, 'account'),
    windowIndex: int(row, 'window_index'),
    journalHeld: int(row, 'journal_held'),
    journalSpent: int(row, 'journal_spent'),
    openHolds: int(row, 'open_holds'),
    slices: int(row, 'slices'),
  }))
  return [
    ...ledgerDifferences(balances, found),
    ...orphans.map((row) => `${text(row, 'bucket')}: has journal entries but no balance`),
  ]
}
