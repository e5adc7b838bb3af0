import { sql } from 'drizzle-orm'
import type { LedgerDraft } from '../budget/ledger-draft.ts'
import { ledgerDifferences } from '../budget/ledger-verify.ts'
import type { Balance } from '../core/store.ts'
import { type Dialect, int, listOf, type Program, text } from './program.ts'

/** Writes back what the operations changed, table by table. */
export function* writeDraft(
  dialect: Dialect,
  draft: LedgerDraft,
  owner: string,
  openBefore: readonly string[],
): Program<void> {
  const balances: (string | number)[] = []
  for (const [bucket, b] of draft.balances) {
    balances.push(bucket, b.account, b.windowIndex, b.cap, b.spent, b.held, b.leased)
  }
  yield* dialect.insert({
    into: 'budget_balance (bucket, account, window_index, cap, spent, held, leased)',
    values: balances,
    types: 'ttiiiii',
    onConflict: `on conflict (bucket) do update
      set cap = excluded.cap, spent = excluded.spent, held = excluded.held, leased = excluded.leased`,
  })
  const slices: (string | number)[] = []
  for (const [bucket, amount] of draft.slices) slices.push(owner, bucket, amount)
  yield* dialect.insert({
    into: 'budget_slice (owner, bucket, amount)',
    values: slices,
    types: 'tti',
    onConflict: 'on conflict (owner, bucket) do update set amount = excluded.amount',
  })
  const closed = openBefore.filter((id) => !draft.holds.has(id))
  if (closed.length > 0) yield sql`delete from budget_hold where hold_id in ${listOf(dialect, closed)}`
  yield* writeHolds(dialect, draft, owner, openBefore)
  yield* writeJournal(dialect, draft)
}

function* writeHolds(
  dialect: Dialect,
  draft: LedgerDraft,
  owner: string,
  openBefore: readonly string[],
): Program<void> {
  const known = new Set(openBefore)
  const opened: (string | number)[] = []
  for (const [id, lines] of draft.holds) {
    if (known.has(id)) continue
    for (const line of lines) opened.push(id, line.bucket, owner, line.account, line.windowIndex, line.amount)
  }
  yield* dialect.insert({
    into: 'budget_hold (hold_id, bucket, owner, account, window_index, amount)',
    values: opened,
    types: 'ttttii',
    onConflict: '',
  })
}

function* writeJournal(dialect: Dialect, { journal }: LedgerDraft): Program<void> {
  const entries: (string | number)[] = []
  for (const e of journal) entries.push(e.wallMs, e.kind, e.holdId, e.bucket, e.from, e.to, e.amount)
  yield* dialect.insert({
    into: 'journal (wall_ms, kind, hold_id, bucket, from_side, to_side, amount)',
    values: entries,
    types: 'ittttti',
    onConflict: '',
  })
}

export function* balancesProgram(): Program<readonly Balance[]> {
  const rows = yield sql`select account, window_index, cap, spent, held, leased from budget_balance order by bucket`
  return rows.map((row) => ({
    account: text(row, 'account'),
    windowIndex: int(row, 'window_index'),
    cap: int(row, 'cap'),
    spent: int(row, 'spent'),
    held: int(row, 'held'),
    leased: int(row, 'leased'),
  }))
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
