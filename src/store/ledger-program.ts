import { sql } from 'drizzle-orm'
import { applyOp, expireOwner, type LedgerTime } from '../budget/ledger.ts'
import { addWritten, bucketOf, emptyDraft, type LedgerDraft, type Written } from '../budget/ledger-draft.ts'
import { LEASE_TTL_MS } from '../core/limits.ts'
import type { JournalKind, LedgerLine, LedgerOp, LedgerReply, LedgerResult } from '../core/store.ts'
import type { LeftNotes } from './inflight-notes.ts'
import { balanceIn } from './ledger-report.ts'
import { writeDraft } from './ledger-write.ts'
import { type Dialect, int, listOf, type Program, type Row, text } from './program.ts'

/** Owners ended at a time. */
const EXPIRED_OWNERS_MAX = 20

export interface ApplyInput {
  readonly owner: string
  readonly ops: readonly LedgerOp[]
  readonly wallMs: number
  /** As of `LedgerStore.apply`. */
  readonly areNew: boolean
}

/** Renews the owner's lease and applies its operations: lock, load, decide in memory, write back. */
export function* applyProgram(dialect: Dialect, input: ApplyInput): Program<LedgerReply> {
  const { owner, ops, wallMs, areNew } = input
  const renewed = yield sql`
    update budget_owner set renewed_ms = ${wallMs}, expires_ms = ${wallMs + LEASE_TTL_MS}
    where id = ${owner} returning id`
  const wasVoid = renewed.length === 0
  if (wasVoid) {
    yield sql`insert into budget_owner (id, renewed_ms, expires_ms)
      values (${owner}, ${wallMs}, ${wallMs + LEASE_TTL_MS}) on conflict (id) do nothing`
  }
  if (ops.length === 0) return { results: [], wasVoid }
  const [counted] = yield sql`select count(*) as owners from budget_owner`
  const owners = Math.max(1, int(counted, 'owners'))
  return { results: yield* apply(dialect, { owner, ops, areNew: areNew && !wasVoid }, { wallMs, owners }), wasVoid }
}

interface Batch {
  readonly owner: string
  readonly ops: readonly LedgerOp[]
  readonly areNew: boolean
}

function* apply(dialect: Dialect, batch: Batch, time: LedgerTime): Program<readonly LedgerResult[]> {
  const { owner, ops } = batch
  const draft = yield* load(dialect, batch)
  const openBefore = [...draft.holds.keys()]
  const results = ops.map((op) => applyOp(draft, op, time))
  yield* writeDraft(dialect, draft, owner, openBefore)
  return results
}

/**
 * Owners whose lease ran out, the longest ago first. A clock that went back leaves lease ends far in the future; they are pulled to one lease
 * from now, so that nothing stays reserved longer than that.
 */
export function* expiredProgram(dialect: Dialect, wallMs: number): Program<readonly string[]> {
  const latestMs = wallMs + LEASE_TTL_MS
  const due = yield sql`
    select id, expires_ms from budget_owner where expires_ms <= ${wallMs} or expires_ms > ${latestMs}
    order by expires_ms, id limit ${EXPIRED_OWNERS_MAX} ${dialect.forUpdateSkipLocked}`
  const expired: string[] = []
  for (const row of due) {
    const owner = text(row, 'id')
    if (int(row, 'expires_ms') <= latestMs) expired.push(owner)
    else yield sql`update budget_owner set expires_ms = ${latestMs} where id = ${owner}`
  }
  return expired
}

/** Owners of whom the ledger refuses something come again after the length of a lease, behind all that are due by then. */
export function* putOffProgram(dialect: Dialect, owners: readonly string[], wallMs: number): Program<void> {
  yield sql`
    update budget_owner set expires_ms = ${wallMs + LEASE_TTL_MS}
    where id in ${listOf(dialect, owners)} and expires_ms <= ${wallMs}`
}

/**
 * Ends an owner's lease.
 *
 * @param left what owners have noted beside the ledger, which is entered before
 * @returns false if it was renewed, or somebody else is about it
 */
export function* endProgram(dialect: Dialect, owner: string, wallMs: number, left: LeftNotes | null): Program<boolean> {
  const due = yield sql`
    select id from budget_owner where id = ${owner} and expires_ms <= ${wallMs} ${dialect.forUpdateSkipLocked}`
  if (due.length === 0) return false
  const noted = left?.read(owner) ?? []
  if (noted.length > 0) yield* apply(dialect, { owner, ops: noted, areNew: false }, { wallMs, owners: 1 })
  yield* expireOne(dialect, owner, wallMs)
  return true
}

/**
 * Forgets what owners have noted whom the ledger does not know: their leases were ended, and all of it entered, by a
 * process that was killed before it could forget. It runs where no lease can begin, and notes are made after that.
 */
export function* sweepProgram(left: LeftNotes): Program<void> {
  const owners = left.owners()
  if (owners.length === 0) return
  const rows = yield sql`select id from budget_owner`
  const known = new Set(rows.map((row) => text(row, 'id')))
  for (const owner of owners) if (!known.has(owner)) left.forget(owner)
}

function* expireOne(dialect: Dialect, owner: string, wallMs: number): Program<void> {
  const holds = yield sql`select hold_id, bucket, account, window_index, amount from budget_hold where owner = ${owner}`
  const slices = yield sql`select bucket, amount from budget_slice where owner = ${owner}`
  const draft = emptyDraft()
  yield* loadBalances(dialect, draft, [...new Set([...holds, ...slices].map((row) => text(row, 'bucket')))])
  for (const row of slices) draft.slices.set(text(row, 'bucket'), int(row, 'amount'))
  for (const row of holds) addHold(draft, row)
  const openBefore = [...draft.holds.keys()]
  expireOwner(draft, openBefore, wallMs)
  yield* writeDraft(dialect, draft, owner, openBefore)
  yield sql`delete from budget_slice where owner = ${owner}`
  yield sql`delete from budget_owner where id = ${owner}`
}

function* load(dialect: Dialect, { owner, ops, areNew }: Batch): Program<LedgerDraft> {
  const draft = emptyDraft()
  const lines = new Map<string, LedgerLine>()
  for (const op of ops) for (const line of op.lines) lines.set(bucketOf(draft, line), line)
  const buckets = [...lines.keys()]
  yield* loadBalances(dialect, draft, buckets)
  if (draft.balances.size < buckets.length) {
    for (const bucket of draft.balances.keys()) lines.delete(bucket)
    const rows = [...lines].map(([bucket, line]) => [bucket, line.account, line.windowIndex, line.cap])
    yield sql`insert into budget_balance (bucket, account, window_index, cap)
      ${dialect.unpack(rows, 'ttii')} on conflict (bucket) do nothing`
    yield* loadBalances(dialect, draft, buckets)
  }
  const slices =
    yield sql`select bucket, amount from budget_slice where owner = ${owner} and bucket in ${listOf(dialect, buckets)}`
  for (const row of slices) draft.slices.set(text(row, 'bucket'), int(row, 'amount'))
  yield* loadHolds(dialect, draft, areNew ? ops.filter(isOfEarlier) : ops)
  return draft
}

/** In one order always, so that two transactions never wait for each other. */
function* loadBalances(dialect: Dialect, draft: LedgerDraft, buckets: readonly string[]): Program<void> {
  if (buckets.length === 0) return
  const rows = yield sql`
    select bucket, account, window_index, cap, spent, held, leased from budget_balance
    where bucket in ${listOf(dialect, buckets)} order by bucket ${dialect.forUpdate}`
  for (const row of rows) draft.balances.set(text(row, 'bucket'), balanceIn(row))
}

/** Whether the operation, which is new, is about a hold that was opened before. */
function isOfEarlier({ kind }: LedgerOp): boolean {
  return kind === 'settle' || kind === 'release'
}

/** The holds that are open, and what the journal has of those that are not, or that may be opened again. */
function* loadHolds(dialect: Dialect, draft: LedgerDraft, ops: readonly LedgerOp[]): Program<void> {
  const ids = new Set<string>()
  for (const op of ops) if (op.kind !== 'trim') ids.add(op.holdId)
  if (ids.size === 0) return
  const open =
    yield sql`select hold_id, bucket, account, window_index, amount from budget_hold where hold_id in ${listOf(dialect, [...ids])}`
  for (const row of open) addHold(draft, row)
  const closed: [string, string][] = []
  for (const op of ops) {
    if (op.kind === 'trim') continue
    const lines = op.kind === 'reserve' ? undefined : draft.holds.get(op.holdId)
    for (const line of op.lines) {
      const bucket = bucketOf(draft, line)
      if (!lines?.some((one) => one.bucket === bucket)) closed.push([bucket, op.holdId])
    }
  }
  if (closed.length === 0) return
  const written = yield sql`
    select hold_id, bucket, kind, amount from journal where (bucket, hold_id) in (${dialect.unpack(closed, 'tt')})`
  for (const row of written) addWritten(draft, text(row, 'hold_id'), writtenIn(row))
}

function addHold({ holds }: LedgerDraft, row: Row): void {
  const id = text(row, 'hold_id')
  const line = {
    bucket: text(row, 'bucket'),
    account: text(row, 'account'),
    windowIndex: int(row, 'window_index'),
    amount: int(row, 'amount'),
  }
  holds.set(id, [...(holds.get(id) ?? []), line])
}

function writtenIn(row: Row): Written {
  return { bucket: text(row, 'bucket'), kind: journalKind(row), amount: int(row, 'amount') }
}

/** The column takes nothing else. */
function journalKind(row: Row): JournalKind {
  return text(row, 'kind') as JournalKind
}
