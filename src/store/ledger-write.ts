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
  const balances = [...draft.balances].map(([bucket, b]) => [
    bucket,
    b.account,
    b.windowIndex,
    b.cap,
    b.spent,
    b.held,
    b.leased,
  ])
  if (balances.length > 0) {
    yield* dialect.insert({
      into: 'budget_balance (bucket, account, window_index, cap, spent, held, leased)',
      rows: balances,
      types: 'ttiiiii',
      onConflict: `on conflict (bucket) do update
        set cap = excluded.cap, spent = excluded.spent, held = excluded.held, leased = excluded.leased`,
    })
  }
  const slices = [...draft.slices].map(([bucket, amount]) => [owner, bucket, amount])
  if (slices.length > 0) {
    yield* dialect.insert({
      into: 'budget_slice (owner, bucket, amount)',
      rows: slices,
      types: 'tti',
      onConflict: 'on conflict (owner, bucket) do update set amount = excluded.amount',
    })
  }
  const closed = openBefore.filter((id) => !draft.holds.has(id))
  if (closed.length > 0) yield sql`delete from budget_hold where hold_id in ${listOf(dialect, closed)}`
  yield* writeJournal(dialect, draft, owner, openBefore)
}

function* writeJournal(
  dialect: Dialect,
  draft: LedgerDraft,
  owner: string,
  openBefore: readonly string[],
): Program<void> {
  const known = new Set(openBefore)
  const opened = [...draft.holds]
    .filter(([id]) => !known.has(id))
    .flatMap(([id, lines]) =>
      lines.map((line) => [id, line.bucket, owner, line.account, line.windowIndex, line.amount]),
    )
  if (opened.length > 0) {
    yield* dialect.insert({
      into: 'budget_hold (hold_id, bucket, owner, account, window_index, amount)',
      rows: opened,
      types: 'ttttii',
      onConflict: '',
    })
  }
  const entries = draft.journal.map((e) => [e.wallMs, e.kind, e.holdId, e.bucket, e.from, e.to, e.amount])
  if (entries.length > 0) {
    yield* dialect.insert({
      into: 'journal (wall_ms, kind, hold_id, bucket, from_side, to_side, amount)',
      rows: entries,
      types: 'ittttti',
      onConflict: '',
    })
  }
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
