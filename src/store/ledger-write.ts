import { sql } from 'drizzle-orm'
import type { LedgerDraft } from '../budget/ledger-draft.ts'
import { type Dialect, listOf, type Program } from './program.ts'

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
