import type { LedgerOp, LedgerResult, LineState } from '../core/store.ts'
import {
  availableIn,
  type LedgerDraft,
  move,
  type OpenLine,
  putBack,
  sliceOf,
  type Touched,
  touched,
} from './ledger-draft.ts'

export interface LedgerTime {
  readonly wallMs: number
  /** Live owners, this one included: slices get smaller the more there are. */
  readonly owners: number
}

/** A single owner keeps up to this share of what is left, so that most requests need no store. */
const SLICE_SHARE = 1 / 4

/** All slices of several owners together never strand more than this share of the cap, so that 99 % stays usable. */
const STRANDED_SHARE = 1 / 100

/** Applies one operation to the draft. All lines or none; a replay changes nothing. O(lines). */
export function applyOp(draft: LedgerDraft, op: LedgerOp, time: LedgerTime): LedgerResult {
  const lines: Touched[] = []
  for (const line of op.lines) lines.push(touched(draft, line))
  switch (op.kind) {
    case 'reserve':
      return reserve(draft, op, lines, time)
    case 'settle':
    case 'release':
      for (const line of lines) close(draft, op, line, op.kind === 'settle' ? line.amount : 0, time)
      return done(draft, lines, time, [])
    case 'charge':
      return charge(draft, op, lines, time)
    case 'trim':
      for (const line of lines) trim(draft, line)
      return done(draft, lines, time, [])
  }
}

/** Ends a lease: holds in flight are charged as estimated, for nobody can know better; free slices return. */
export function expireOwner(draft: LedgerDraft, holdIds: readonly string[], wallMs: number): void {
  for (const id of holdIds) {
    for (const line of draft.holds.get(id) ?? [])
      move(draft, id, line, ['expire', 'held', 'spent', line.amount], wallMs)
    draft.holds.delete(id)
  }
  for (const [bucket, free] of draft.slices) {
    const balance = draft.balances.get(bucket)
    if (balance !== undefined) balance.leased -= free
  }
  draft.slices.clear()
}

function reserve(
  draft: LedgerDraft,
  { holdId, isDispatched }: LedgerOp & { kind: 'reserve' },
  lines: readonly Touched[],
  time: LedgerTime,
): LedgerResult {
  if (isWritten(draft, holdId, lines)) return done(draft, lines, time, [])
  if (!isDispatched) {
    const room = lines.map((line) => sliceOf(draft, line) + availableIn(line.balance))
    const fits = lines.every((line, i) => line.amount <= (room[i] ?? 0))
    if (!fits) return { kind: 'refused', lines: room.map((available) => ({ available: Math.max(0, available) })) }
  }
  const granted = lines.map((line) => takeOut(draft, line, time))
  const held = lines.filter((line) => line.amount > 0).map(openLine)
  if (held.length > 0) draft.holds.set(holdId, held)
  for (const line of held) {
    draft.opened.set(line, draft.journal.length)
    move(draft, holdId, line, ['reserve', 'available', 'held', line.amount], time.wallMs)
  }
  return done(draft, lines, time, granted)
}

function openLine({ account, windowIndex, bucket, amount }: Touched): OpenLine {
  return { account, windowIndex, bucket, amount }
}

/** Takes the line out of the owner's slice. @returns what was leased to the slice for that */
function takeOut(draft: LedgerDraft, line: Touched, time: LedgerTime): number {
  const lease = leaseFor(draft, line, time)
  putBack(draft, line, lease - line.amount)
  return lease
}

/**
 * A hold that was closed by the batch that opened it has no entry of its own, nor has one whose bill was noted and
 * entered by whoever ended the lease, and which comes after that.
 */
function isWritten(draft: LedgerDraft, holdId: string, lines: readonly Touched[]): boolean {
  const written = draft.written.get(holdId)
  if (written === undefined) return false
  return written.some(({ bucket }) => lines.some((line) => line.bucket === bucket))
}

/** What must be leased so that the slice covers the line: the shortfall, and a stock for the requests to come. */
function leaseFor(draft: LedgerDraft, line: Touched, time: LedgerTime): number {
  const shortfall = line.amount - sliceOf(draft, line)
  if (shortfall <= 0) return 0
  const rest = availableIn(line.balance) - shortfall
  return shortfall + Math.max(0, Math.min(sliceMax(line.balance.cap, rest, time.owners), rest))
}

/**
 * Largest free slice of one owner. Worked: $100 cap, $60 left, 4 owners: min(60/4, 100·1 %/4) = $0.25 each,
 * so at most $1 is stranded when the last dollar is asked for.
 */
export function sliceMax(cap: number, available: number, owners: number): number {
  const share = Math.floor(Math.max(0, available) * SLICE_SHARE)
  return owners <= 1 ? share : Math.min(share, Math.floor((cap * STRANDED_SHARE) / owners))
}

/** A hold that the ledger hears of when it is over: of its movements only the last one is written. */
function charge(
  draft: LedgerDraft,
  op: LedgerOp & { kind: 'charge' },
  lines: readonly Touched[],
  time: LedgerTime,
): LedgerResult {
  const isKnown = draft.holds.has(op.holdId) || draft.written.has(op.holdId)
  const granted: number[] = []
  for (const [i, line] of lines.entries()) {
    const charged = op.charged[i] ?? 0
    if (isKnown) {
      close(draft, op, line, charged, time)
      granted.push(0)
      continue
    }
    granted.push(takeOut(draft, line, time))
    move(draft, op.holdId, line, ['settle', 'available', 'spent', charged], time.wallMs)
    if (op.keepsRest) putBack(draft, line, Math.max(0, line.amount - charged))
  }
  return done(draft, lines, time, granted)
}

function close(
  draft: LedgerDraft,
  { holdId, keepsRest }: { readonly holdId: string; readonly keepsRest: boolean },
  line: Touched,
  actual: number,
  time: LedgerTime,
): void {
  const hold = draft.holds.get(holdId)
  const open = hold?.find(({ bucket }) => bucket === line.bucket)
  if (hold === undefined || open === undefined) return closeLate(draft, holdId, line, actual, time)
  if (hold.length === 1) draft.holds.delete(holdId)
  else
    draft.holds.set(
      holdId,
      hold.filter((one) => one !== open),
    )
  const charged = Math.min(actual, open.amount)
  const rest = open.amount - charged
  const openedAt = draft.opened.get(open)
  if (openedAt !== undefined && actual > 0) {
    line.balance.held -= open.amount
    move(draft, holdId, line, ['settle', 'available', 'spent', actual], time.wallMs)
    // Nobody else has seen the hold: of its entries the last one is enough.
    const entry = draft.journal.pop()
    if (entry !== undefined) draft.journal[openedAt] = entry
  } else {
    move(draft, holdId, line, ['settle', 'held', 'spent', charged], time.wallMs)
    move(draft, holdId, line, ['release', 'held', 'available', rest], time.wallMs)
    move(draft, holdId, line, ['adjust', 'available', 'spent', actual - charged], time.wallMs)
  }
  if (keepsRest) putBack(draft, line, rest)
}

/** The hold is not open: closed before (a replay), expired (the estimate is corrected), or it never took anything. */
function closeLate(draft: LedgerDraft, holdId: string, line: Touched, actual: number, time: LedgerTime): void {
  const before = draft.written.get(holdId)?.filter(({ bucket }) => bucket === line.bucket) ?? []
  const isReplay = before.some(({ kind }) => kind === 'settle' || kind === 'release' || kind === 'adjust')
  if (isReplay) return
  const difference = actual - (before.find(({ kind }) => kind === 'expire')?.amount ?? 0)
  const sides = difference > 0 ? (['available', 'spent'] as const) : (['spent', 'available'] as const)
  move(draft, holdId, line, ['adjust', ...sides, Math.abs(difference)], time.wallMs)
}

function trim(draft: LedgerDraft, line: Touched): void {
  putBack(draft, line, -Math.min(line.amount, Math.max(0, sliceOf(draft, line))))
}

function done(
  draft: LedgerDraft,
  lines: readonly Touched[],
  time: LedgerTime,
  granted: readonly number[],
): LedgerResult {
  const states: LineState[] = []
  for (const [i, line] of lines.entries()) {
    const { balance } = line
    const sliceFree = sliceOf(draft, line)
    states.push({
      granted: granted[i] ?? 0,
      sliceFree,
      used: balance.spent + balance.held,
      sliceMax: sliceMax(balance.cap, availableIn(balance) + sliceFree, time.owners),
    })
  }
  return { kind: 'done', lines: states }
}
