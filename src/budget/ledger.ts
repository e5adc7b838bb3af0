import type {
  Balance,
  JournalEntry,
  JournalKind,
  LedgerLine,
  LedgerOp,
  LedgerResult,
  LedgerSide,
} from '../core/store.ts'

/**
 * The part of the ledger that a batch of operations touches, loaded by a store, changed here, written back by the
 * store in the same transaction. Deciding outside the database keeps one set of rules for all of them.
 *
 * Sides of a bucket: available + spent + held + leased = cap. `leased` is free in somebody's slice; it is a permission
 * and not in the journal, which has only the movements between available, held and spent.
 */
export interface LedgerDraft {
  readonly balances: Map<string, DraftBalance>
  /** Free slice of the owner whose operations are applied, by bucket. */
  readonly slices: Map<string, number>
  /** Amounts of open holds, by hold and bucket. */
  readonly holds: Map<string, number>
  /** Amounts already in the journal for the holds at hand, by hold, bucket and kind. */
  readonly written: Map<string, number>
  readonly journal: JournalEntry[]
  /** Where in `journal` the holds stand that this batch opened. */
  readonly opened: Map<string, number>
}

export type DraftBalance = { -readonly [Field in keyof Balance]: Balance[Field] }

export interface LedgerTime {
  readonly wallMs: number
  /** Live owners, this one included: slices get smaller the more there are. */
  readonly owners: number
}

/** A single owner keeps up to this share of what is left, so that most requests need no store. */
const SLICE_SHARE = 1 / 4

/** All slices of several owners together never strand more than this share of the cap, so that 99 % stays usable. */
const STRANDED_SHARE = 1 / 100

export function emptyDraft(): LedgerDraft {
  return {
    balances: new Map(),
    slices: new Map(),
    holds: new Map(),
    written: new Map(),
    journal: [],
    opened: new Map(),
  }
}

export function bucketKey(account: string, windowIndex: number): string {
  return `${account}#${windowIndex}`
}

export function holdKey(holdId: string, account: string, windowIndex: number): string {
  return `${holdId}|${bucketKey(account, windowIndex)}`
}

export function writtenKey(holdId: string, account: string, windowIndex: number, kind: JournalKind): string {
  return `${holdKey(holdId, account, windowIndex)}|${kind}`
}

/** Applies one operation to the draft. All lines or none; a replay changes nothing. O(lines). */
export function applyOp(draft: LedgerDraft, op: LedgerOp, time: LedgerTime): LedgerResult {
  switch (op.kind) {
    case 'reserve':
      return reserve(draft, op, time)
    case 'settle':
    case 'release':
      for (const line of op.lines) close(draft, op, line, time)
      return done(draft, op.lines, time, [])
    case 'trim':
      for (const line of op.lines) trim(draft, line)
      return done(draft, op.lines, time, [])
  }
}

/** Ends a lease: holds in flight are charged as estimated, for nobody can know better; free slices return. */
export function expireOwner(
  draft: LedgerDraft,
  holds: readonly { readonly holdId: string; readonly account: string; readonly windowIndex: number }[],
  wallMs: number,
): void {
  for (const { holdId, account, windowIndex } of holds) {
    const key = holdKey(holdId, account, windowIndex)
    const amount = draft.holds.get(key) ?? 0
    draft.holds.delete(key)
    move(draft, 'expire', holdId, { account, windowIndex }, ['held', 'spent'], amount, wallMs)
  }
  for (const [key, free] of draft.slices) {
    const balance = draft.balances.get(key)
    if (balance !== undefined) balance.leased -= free
  }
  draft.slices.clear()
}

function reserve(draft: LedgerDraft, op: LedgerOp & { kind: 'reserve' }, time: LedgerTime): LedgerResult {
  const isReplay = op.lines.some((line) => isWritten(draft, op.holdId, line))
  if (isReplay) return done(draft, op.lines, time, [])
  const room = op.lines.map((line) => sliceOf(draft, line) + availableIn(balanceOf(draft, line)))
  const fits = op.lines.every((line, i) => line.amount <= (room[i] ?? 0))
  if (!fits && !op.isDispatched) {
    return { kind: 'refused', lines: room.map((available) => ({ available: Math.max(0, available) })) }
  }
  const granted = op.lines.map((line) => {
    const lease = leaseFor(draft, line, time)
    const key = bucketKey(line.account, line.windowIndex)
    const balance = balanceOf(draft, line)
    draft.slices.set(key, sliceOf(draft, line) + lease - line.amount)
    balance.leased += lease - line.amount
    if (line.amount > 0) {
      const hold = holdKey(op.holdId, line.account, line.windowIndex)
      draft.holds.set(hold, line.amount)
      draft.opened.set(hold, draft.journal.length)
      move(draft, 'reserve', op.holdId, line, ['available', 'held'], line.amount, time.wallMs)
    }
    return lease
  })
  return done(draft, op.lines, time, granted)
}

/** A hold that was closed by the batch that opened it has no entry of its own. */
function isWritten(draft: LedgerDraft, holdId: string, { account, windowIndex }: LedgerLine): boolean {
  const has = (kind: JournalKind): boolean => draft.written.has(writtenKey(holdId, account, windowIndex, kind))
  return has('reserve') || has('settle')
}

/** What must be leased so that the slice covers the line: the shortfall, and a stock for the requests to come. */
function leaseFor(draft: LedgerDraft, line: LedgerLine, time: LedgerTime): number {
  const shortfall = line.amount - sliceOf(draft, line)
  if (shortfall <= 0) return 0
  const rest = availableIn(balanceOf(draft, line)) - shortfall
  return shortfall + Math.max(0, Math.min(sliceMax(line.cap, rest, time.owners), rest))
}

/**
 * Largest free slice of one owner. Worked: $100 cap, $60 left, 4 owners: min(60/4, 100·1 %/4) = $0.25 each,
 * so at most $1 is stranded when the last dollar is asked for.
 */
export function sliceMax(cap: number, available: number, owners: number): number {
  const share = Math.floor(Math.max(0, available) * SLICE_SHARE)
  return owners <= 1 ? share : Math.min(share, Math.floor((cap * STRANDED_SHARE) / owners))
}

function close(draft: LedgerDraft, op: LedgerOp & { kind: 'settle' | 'release' }, line: LedgerLine, time: LedgerTime) {
  const actual = op.kind === 'settle' ? line.amount : 0
  const key = holdKey(op.holdId, line.account, line.windowIndex)
  const estimate = draft.holds.get(key)
  if (estimate === undefined) return closeLate(draft, op.holdId, line, actual, time)
  draft.holds.delete(key)
  const charged = Math.min(actual, estimate)
  const rest = estimate - charged
  const openedAt = draft.opened.get(key)
  if (openedAt !== undefined && actual > 0) {
    balanceOf(draft, line).held -= estimate
    move(draft, 'settle', op.holdId, line, ['available', 'spent'], actual, time.wallMs)
    // Nobody else has seen the hold: of its entries the last one is enough.
    const entry = draft.journal.pop()
    if (entry !== undefined) draft.journal[openedAt] = entry
  } else {
    move(draft, 'settle', op.holdId, line, ['held', 'spent'], charged, time.wallMs)
    move(draft, 'release', op.holdId, line, ['held', 'available'], rest, time.wallMs)
    move(draft, 'adjust', op.holdId, line, ['available', 'spent'], actual - charged, time.wallMs)
  }
  if (!op.keepsRest) return
  balanceOf(draft, line).leased += rest
  draft.slices.set(bucketKey(line.account, line.windowIndex), sliceOf(draft, line) + rest)
}

/** The hold is not open: closed before (a replay), expired (the estimate is corrected), or it never took anything. */
function closeLate(draft: LedgerDraft, holdId: string, line: LedgerLine, actual: number, time: LedgerTime): void {
  const before = (kind: JournalKind): number | undefined =>
    draft.written.get(writtenKey(holdId, line.account, line.windowIndex, kind))
  const isReplay = (['settle', 'release', 'adjust'] as const).some((kind) => before(kind) !== undefined)
  if (isReplay) return
  const difference = actual - (before('expire') ?? 0)
  const sides: [LedgerSide, LedgerSide] = difference > 0 ? ['available', 'spent'] : ['spent', 'available']
  move(draft, 'adjust', holdId, line, sides, Math.abs(difference), time.wallMs)
}

function trim(draft: LedgerDraft, line: LedgerLine): void {
  const given = Math.min(line.amount, Math.max(0, sliceOf(draft, line)))
  draft.slices.set(bucketKey(line.account, line.windowIndex), sliceOf(draft, line) - given)
  balanceOf(draft, line).leased -= given
}

function move(
  draft: LedgerDraft,
  kind: JournalKind,
  holdId: string,
  { account, windowIndex }: { readonly account: string; readonly windowIndex: number },
  [from, to]: readonly [LedgerSide, LedgerSide],
  amount: number,
  wallMs: number,
): void {
  if (amount <= 0) return
  const balance = draft.balances.get(bucketKey(account, windowIndex))
  if (balance !== undefined) {
    if (from !== 'available') balance[from] -= amount
    if (to !== 'available') balance[to] += amount
  }
  draft.written.set(writtenKey(holdId, account, windowIndex, kind), amount)
  draft.journal.push({ wallMs, kind, holdId, account, windowIndex, from, to, amount })
}

function balanceOf(draft: LedgerDraft, line: LedgerLine): DraftBalance {
  const key = bucketKey(line.account, line.windowIndex)
  const known = draft.balances.get(key)
  if (known !== undefined) {
    known.cap = line.cap
    return known
  }
  const { account, windowIndex, cap } = line
  const fresh: DraftBalance = { account, windowIndex, cap, spent: 0, held: 0, leased: 0 }
  draft.balances.set(key, fresh)
  return fresh
}

function sliceOf(draft: LedgerDraft, line: LedgerLine): number {
  return draft.slices.get(bucketKey(line.account, line.windowIndex)) ?? 0
}

function availableIn(balance: Balance): number {
  return balance.cap - balance.spent - balance.held - balance.leased
}

function done(
  draft: LedgerDraft,
  lines: readonly LedgerLine[],
  time: LedgerTime,
  granted: readonly number[],
): LedgerResult {
  return {
    kind: 'done',
    lines: lines.map((line, i) => {
      const balance = balanceOf(draft, line)
      return {
        granted: granted[i] ?? 0,
        sliceFree: sliceOf(draft, line),
        used: balance.spent + balance.held,
        sliceMax: sliceMax(balance.cap, availableIn(balance) + sliceOf(draft, line), time.owners),
      }
    }),
  }
}
