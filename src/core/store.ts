import type { SurfaceLabel } from './record.ts'
import type { RequestClass } from './request-class.ts'

/**
 * What lynkr asks of a database. Adapters live in `store/`; everybody else knows only these shapes.
 *
 * A store may be slow, locked, full or gone: every method rejects with `StoreError` then, changes nothing,
 * and may be called again with the same arguments. All methods are idempotent where a row has an id.
 */
export interface Store extends LedgerStore, KeyStore, UsageStore {
  /** Names the adapter in readiness and start-up messages. */
  readonly kind: 'sqlite' | 'postgres'
  /** Rejects unless a row can be written and read back now. */
  check(): Promise<void>
  close(): Promise<void>
}

export type StoreFault =
  | 'locked'
  | 'full'
  | 'corrupt'
  | 'read_only'
  | 'missing'
  | 'newer_schema'
  | 'older_schema'
  | 'unreachable'
  | 'other'

/** Why a store could not do its work. Never carries a row, a key or an address with credentials. */
export class StoreError extends Error {
  readonly fault: StoreFault

  constructor(fault: StoreFault, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StoreError'
    this.fault = fault
  }
}

/** What is wrong with an operation itself, or with the rows it is about, comes as one of these; not an outage. */
export function isRefusal(cause: unknown): boolean {
  return cause instanceof StoreError && (cause.fault === 'other' || cause.fault === 'corrupt')
}

/** One counter: an account (`key:k1/day/usd`) in one window of time. Amounts are in the account's own unit. */
export interface Bucket {
  readonly account: string
  readonly windowIndex: number
}

/** `amount` to take from a bucket that must never hold more than `cap`. */
export interface LedgerLine extends Bucket {
  readonly cap: number
  readonly amount: number
}

/**
 * One change of the ledger. `reserve` takes every line or none. `settle` closes a hold at what it cost, `release` at
 * nothing; both exactly once, whatever is replayed. `keepsRest` leaves what the hold did not need in the owner's
 * slice. `charge` is a `reserve` that is under way and its `settle` in one, for a hold that was over before the ledger
 * heard of it: `lines` are what was set aside, `charged` what each of them came to, one at least above 0. `trim` hands
 * free slice back.
 *
 * `isDispatched`: the request is already under way on the strength of a slice; the reservation is a fact and is
 * written even if the slice has meanwhile expired.
 */
export type LedgerOp =
  | {
      readonly kind: 'reserve'
      readonly holdId: string
      readonly lines: readonly LedgerLine[]
      readonly isDispatched: boolean
    }
  | {
      readonly kind: 'settle'
      readonly holdId: string
      readonly lines: readonly LedgerLine[]
      readonly keepsRest: boolean
    }
  | {
      readonly kind: 'release'
      readonly holdId: string
      readonly lines: readonly LedgerLine[]
      readonly keepsRest: boolean
    }
  | {
      readonly kind: 'charge'
      readonly holdId: string
      readonly lines: readonly LedgerLine[]
      readonly charged: readonly number[]
      readonly keepsRest: boolean
    }
  | { readonly kind: 'trim'; readonly lines: readonly LedgerLine[] }

/** What of a hold can be noted beside the ledger. */
export type HoldOp = Exclude<LedgerOp, { readonly kind: 'trim' }>

/**
 * Per line, in the op's order: `granted` was newly leased to the owner's slice, `sliceFree` is what that slice holds
 * after the op, `used` the bucket's spent and held, `sliceMax` what the owner should keep at most. A refusal says what
 * each bucket could have given.
 */
export type LedgerResult =
  | { readonly kind: 'done'; readonly lines: readonly LineState[] }
  | { readonly kind: 'refused'; readonly lines: readonly { readonly available: number }[] }

export interface LineState {
  readonly granted: number
  readonly sliceFree: number
  readonly used: number
  readonly sliceMax: number
}

export interface LedgerReply {
  readonly results: readonly LedgerResult[]
  /** The owner was unknown or had expired: slices it thought it had are gone. */
  readonly wasVoid: boolean
}

/** `available` may be negative after a bill that was larger than its hold, or after a cap was lowered. */
export interface Balance extends Bucket {
  readonly cap: number
  readonly spent: number
  readonly held: number
  /** Free part of all slices. */
  readonly leased: number
}

export type JournalKind = 'reserve' | 'settle' | 'release' | 'expire' | 'adjust'
export type LedgerSide = 'available' | 'held' | 'spent'

/** Double entry: `amount` > 0 leaves `from` and enters `to`. At most one entry per hold, bucket and kind. */
export interface JournalEntry extends Bucket {
  readonly wallMs: number
  readonly kind: JournalKind
  readonly holdId: string
  readonly from: LedgerSide
  readonly to: LedgerSide
  readonly amount: number
}

/**
 * Where a process notes what it sets aside out of its slices, and what that came to, before the ledger has it: whoever
 * ends the process's lease finds it there.
 */
export interface InflightNotes {
  /** Nothing is noted of this owner; call it whenever its lease begins. Throws what the file system says. */
  renew(owner: string): void
  /**
   * Notes an operation that is on its way to the ledger: that money was set aside, or what became of it. About 1 µs.
   *
   * @returns to be erased once the ledger has the operation; `null` if there is no room
   */
  tryNote(op: HoldOp): InflightNote | null
}

export interface InflightNote {
  /**
   * Notes, of a `reserve`, that it has become a `charge`: from one moment to the next, whatever ends the process.
   *
   * @returns false if there is no room: the note says what it said
   */
  tryCharge(charged: readonly number[], keepsRest: boolean): boolean
  /** Call it once. */
  erase(): void
}

export interface LedgerStore {
  /** `null` where a reservation survives its process in the ledger alone. */
  readonly notes: InflightNotes | null
  /**
   * Applies `ops` in order, in one transaction, and renews the owner's lease until `wallMs` + `LEASE_TTL_MS`.
   * An empty list only renews.
   *
   * @param areNew no operation was sent before, nor has the lease been lost since it came to be: the ledger knows no hold
   *   that they open, and need not be asked. Default: any of them may be a replay
   */
  apply(owner: string, ops: readonly LedgerOp[], wallMs: number, areNew?: boolean): Promise<LedgerReply>
  /** Ends the leases that ran out: holds in flight are charged as estimated, free slices return. @returns owners ended */
  expireLeases(wallMs: number): Promise<number>
  balances(): Promise<readonly Balance[]>
  /** Differences between the balances and what the journal, the slices and the holds say. Empty: all is well. */
  verifyLedger(): Promise<readonly string[]>
  /** Forgets buckets whose window ended by `beforeWallMs` and that nothing is held in, their journal with them. @returns buckets forgotten */
  pruneLedger(beforeWallMs: number): Promise<number>
}

/** What a key may do. An empty list of what is allowed means all; the `deny` lists win over those. */
export interface KeyScopes {
  readonly models: readonly string[]
  readonly denyModels: readonly string[]
  readonly providers: readonly string[]
  readonly surfaces: readonly SurfaceLabel[]
  /** HTTP paths as `normalizeHttpPath` gives them. */
  readonly paths: readonly string[]
  readonly denyPaths: readonly string[]
  /** What a request may offer to a model, by the names that `Surface.toolsOf` finds. */
  readonly tools: readonly string[]
  readonly denyTools: readonly string[]
  readonly commands: readonly string[]
  /** The highest class its requests may claim. */
  readonly priority: RequestClass
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly concurrentRequests: number | null
}

/** A stored key. The secret itself is never stored: `hash` is its SHA-256 in hex. Times are Unix ms. */
export interface KeyRecord {
  readonly id: string
  readonly name: string
  readonly hash: string
  /** First characters of the secret, to tell keys apart. */
  readonly prefix: string
  readonly user: string | null
  readonly team: string | null
  readonly scopes: KeyScopes
  readonly createdWallMs: number
  readonly expiresWallMs: number | null
  readonly revokedWallMs: number | null
}

export interface KeyStore {
  /** Rejects if the id or the hash is taken. */
  insertKey(key: KeyRecord): Promise<void>
  findKeyByHash(hash: string): Promise<KeyRecord | null>
  listKeys(): Promise<readonly KeyRecord[]>
  /**
   * Makes another row of the one with this id, with no other change in between.
   *
   * @param change pure: it may be asked again where the store has to try again; the id stays
   * @returns the row as it is now; `null` if there is none
   */
  changeKey(id: string, change: (key: KeyRecord) => KeyRecord): Promise<KeyRecord | null>
}

/** One finished request, as billed. */
export interface UsageRow {
  readonly requestId: string
  readonly wallMs: number
  readonly keyId: string
  readonly user: string
  readonly team: string
  readonly surface: SurfaceLabel
  readonly provider: string
  readonly model: string
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
  readonly isEstimated: boolean
}

/** What usage can be summed by. */
export const USAGE_GROUPS = ['key', 'user', 'team', 'model', 'provider', 'day'] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

export interface UsageQuery {
  readonly fromWallMs: number
  readonly toWallMs: number
  readonly groupBy: readonly UsageGroup[]
}

/** Sums of one group; `group` has one value per `groupBy`, days as `YYYY-MM-DD` in UTC. */
export interface UsageSum {
  readonly group: readonly string[]
  readonly requests: number
  /** Those that used tokens and cost nothing: nobody knows their model's price, or it is free. */
  readonly costlessRequests: number
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
}

export interface UsageStore {
  /** Writes rows in batches, each whole or not at all; a request id that is already there is left, so a retry is safe. */
  insertUsage(rows: readonly UsageRow[]): Promise<void>
  sumUsage(query: UsageQuery): Promise<readonly UsageSum[]>
  /** @returns rows deleted */
  pruneUsage(beforeWallMs: number): Promise<number>
}

/** Bodies of answers, bounded by bytes and age. A cache that fails is a miss: its methods never reject. */
export interface ResponseCacheStore {
  /** @param ageMaxMs oldest that is wanted; `null` takes any that is kept */
  getCached(key: string, wallMs: number, ageMaxMs: number | null): Promise<CachedAnswer | null>
  putCached(key: string, body: Uint8Array, wallMs: number): Promise<void>
}

export interface CachedAnswer {
  readonly body: Uint8Array
  readonly ageMs: number
}
