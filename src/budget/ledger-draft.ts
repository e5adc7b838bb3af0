import type { Balance, Bucket, JournalEntry, JournalKind, LedgerLine, LedgerSide } from '../core/store.ts'

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
  /** Open holds that the operations are about, by id. */
  readonly holds: Map<string, readonly OpenLine[]>
  /** What the journal has of the holds at hand, by id. */
  readonly written: Map<string, Written[]>
  /** Of each account, the bucket that was touched last. */
  readonly named: Map<string, NamedBucket>
  readonly journal: DraftEntry[]
  /** Where in `journal` the lines stand that this batch opened. */
  readonly opened: Map<OpenLine, number>
}

interface NamedBucket {
  readonly windowIndex: number
  readonly bucket: string
}

/** What a hold sets aside of one bucket. */
export interface OpenLine extends Bucket {
  readonly bucket: string
  readonly amount: number
}

export interface Written {
  readonly bucket: string
  readonly kind: JournalKind
  readonly amount: number
}

export interface DraftEntry extends JournalEntry {
  readonly bucket: string
}

export type DraftBalance = { -readonly [Field in keyof Balance]: Balance[Field] }

export function emptyDraft(): LedgerDraft {
  return {
    balances: new Map(),
    slices: new Map(),
    holds: new Map(),
    written: new Map(),
    named: new Map(),
    journal: [],
    opened: new Map(),
  }
}

export function bucketKey(account: string, windowIndex: number): string {
  return `${account}#${windowIndex}`
}

/** As `bucketKey`, which is put together once for many operations on one account. */
export function bucketOf({ named }: LedgerDraft, { account, windowIndex }: Bucket): string {
  const known = named.get(account)
  if (known !== undefined && known.windowIndex === windowIndex) return known.bucket
  const bucket = bucketKey(account, windowIndex)
  named.set(account, { windowIndex, bucket })
  return bucket
}

/** A line of an operation, and the bucket it is about. */
export interface Touched {
  readonly account: string
  readonly windowIndex: number
  readonly bucket: string
  readonly balance: DraftBalance
  readonly amount: number
}

/** The newest cap counts. */
export function touched(draft: LedgerDraft, line: LedgerLine): Touched {
  const { account, windowIndex, cap, amount } = line
  const bucket = bucketOf(draft, line)
  let balance = draft.balances.get(bucket)
  if (balance === undefined) {
    balance = { account, windowIndex, cap, spent: 0, held: 0, leased: 0 }
    draft.balances.set(bucket, balance)
  }
  balance.cap = cap
  return { account, windowIndex, bucket, balance, amount }
}

/** Leaves so much more, or less, in the owner's slice. */
export function putBack(draft: LedgerDraft, line: Touched, amount: number): void {
  draft.slices.set(line.bucket, sliceOf(draft, line) + amount)
  line.balance.leased += amount
}

/** The journal has this of the hold. */
export function addWritten({ written }: LedgerDraft, holdId: string, entry: Written): void {
  const known = written.get(holdId)
  if (known === undefined) written.set(holdId, [entry])
  else known.push(entry)
}

type Movement = readonly [kind: JournalKind, from: LedgerSide, to: LedgerSide, amount: number]

export function move(
  draft: LedgerDraft,
  holdId: string,
  { account, windowIndex, bucket }: Bucket & { readonly bucket: string },
  [kind, from, to, amount]: Movement,
  wallMs: number,
): void {
  if (amount <= 0) return
  const balance = draft.balances.get(bucket)
  if (balance !== undefined) {
    if (from !== 'available') balance[from] -= amount
    if (to !== 'available') balance[to] += amount
  }
  addWritten(draft, holdId, { bucket, kind, amount })
  draft.journal.push({ wallMs, kind, holdId, account, windowIndex, bucket, from, to, amount })
}

export function sliceOf(draft: LedgerDraft, { bucket }: Touched): number {
  return draft.slices.get(bucket) ?? 0
}

export function availableIn(balance: Balance): number {
  return balance.cap - balance.spent - balance.held - balance.leased
}
