import { type Clock, nextTurn, type TurnScheduler } from '../core/clock.ts'
import {
  isRefusal,
  type LedgerOp,
  type LedgerReply,
  type LedgerResult,
  type LedgerStore,
  StoreError,
} from '../core/store.ts'
import { openRefusedOps } from './refused-ops.ts'

/** Operations in one transaction: enough to share its cost, few enough to be done in 2 or 3 ms by SQLite, in this thread. */
export const BATCH_OPS_MAX = 100

/** A request waits this long for a silent store before it is decided without it. */
export const STORE_WAIT_MS = 50

/** Behind more operations than these a covered request waits for the work before it, which is seldom silence. */
const FEW_OPS = 10

/** A transaction that takes longer is an outage: to a request that can go without the store, and to one that cannot. */
const SILENT_MS = { covered: 1_000, uncovered: 2_000 }

/** The longest that a request waits in line before a store that does answer. */
const LINE_WAIT_MS = { covered: 1_000, uncovered: 10_000 }

/**
 * What nobody waits for is collected this long, so that many requests share a transaction. If the process is killed
 * meanwhile, a closed hold is charged as noted when its lease ends, or as estimated where nothing could be noted.
 */
const LATER_WAIT_MS = 50

/** Operations that wait for a store that is down: some 40 MB. Beyond this, requests are refused. */
export const OUTBOX_OPS_MAX = 100_000

export interface OutboxEntry {
  /** May be replaced by another one as long as it was not sent. */
  op: LedgerOp
  /** The store may have it, whatever it said: it was sent, or entered by whoever ended a lease. */
  wasSent: boolean
  /** Told once, when the store has confirmed the operation. */
  readonly onResult: (result: LedgerResult) => void
  /** The store refuses it by itself. @returns false if nobody wants it any more; else, as without this, it is sent again */
  onRefused?(): boolean
}

export interface OutboxOptions {
  readonly store: LedgerStore
  /** Unguessable name of this process; a restart is another owner. */
  readonly owner: string
  readonly clock: Clock
  readonly scheduler: TurnScheduler
  /** The lease had run out; called before the results of the same batch are told. */
  readonly onVoid: () => void
  readonly onFault: (cause: unknown) => void
}

/**
 * Operations on their way to the ledger, in order. One transaction at a time, carrying all that came meanwhile
 * (group commit). What fails stays and is sent again; operations are idempotent. One that the store refuses by itself
 * keeps no other waiting.
 */
export interface Outbox {
  push(entry: OutboxEntry): void
  /** As `push`, for what nobody waits for: it goes with the next that somebody waits for, or after 50 ms. */
  pushLater(entry: OutboxEntry): void
  /** Before all that waits: what it is about must be written first. */
  pushFirst(entry: OutboxEntry): void
  /** Takes back an entry that was not sent yet. @returns false if it is under way, or was and nobody knows what became of it */
  tryCancel(entry: OutboxEntry): boolean
  /**
   * Sends all that waits, or only renews the lease. What the store refuses is tried again if it is time to.
   *
   * @returns false if the store is down
   */
  flush(): Promise<boolean>
  /** Monotonic time at which the last successful renewal was sent; −∞ before the first. */
  renewedNowMs(): number
  /** The same instant as wall time, by which others see the lease end. */
  renewedWallMs(): number
  /**
   * Whether a request that has waited `STORE_WAIT_MS` and more should wait on. Behind a store at work it waits in line; a
   * store that said no, or nothing for too long, is not waited for.
   *
   * @param isCovered the request can go without the store, and so waits only where it is behind many others
   */
  isWorthWaiting(waitedMs: number, isCovered: boolean): boolean
  size(): number
  /** Whether the store took what was sent to it last; true before the first. */
  isUp(): boolean
}

export function openOutbox(options: OutboxOptions): Outbox {
  const { store, owner, clock, scheduler } = options
  let waiting: OutboxEntry[] = []
  /** So many of those that waited are with the store. */
  let underWay = 0
  let isSending = false
  const refused = openRefusedOps<OutboxEntry>()
  /** So many of the first are sent one by one: the store refused them together. */
  let alone = 0
  let pumping: Promise<boolean> | null = null
  let isLaterDue = false
  let renewed = Number.NEGATIVE_INFINITY
  let renewedWall = Number.NEGATIVE_INFINITY
  let sent = Number.NEGATIVE_INFINITY
  let isUp = true

  /** @returns why the store took none of them, which are the caller's again; `null` if it has them */
  async function trySend(entries: readonly OutboxEntry[]): Promise<{ readonly cause: unknown } | null> {
    isSending = true
    sent = clock.nowMs()
    const sentNowMs = sent
    const sentWallMs = clock.wallMs()
    const areNew = !entries.some((entry) => entry.wasSent)
    const ops = entries.map((entry) => {
      entry.wasSent = true
      return entry.op
    })
    let reply: LedgerReply
    try {
      reply = await store.apply(owner, ops, sentWallMs, areNew)
    } catch (cause) {
      return { cause }
    } finally {
      isSending = false
      underWay = 0
    }
    isUp = true
    renewed = sentNowMs
    renewedWall = sentWallMs
    if (reply.wasVoid) {
      // Whoever ended the lease has entered what was noted of those that still wait.
      for (const entry of [...waiting, ...refused.entries()]) entry.wasSent = true
      options.onVoid()
    }
    reply.results.forEach((result, i) => {
      entries[i]?.onResult(result)
    })
    return null
  }

  async function sendNext(): Promise<void> {
    const batch = waiting.splice(0, alone > 0 ? 1 : BATCH_OPS_MAX)
    if (alone > 0) alone--
    underWay = batch.length
    const failed = await trySend(batch)
    if (failed === null) return
    waiting.unshift(...batch)
    const [first] = batch
    if (first === undefined || !isRefusal(failed.cause)) throw failed.cause
    if (batch.length > 1) alone = batch.length
    else await setAside(first, failed.cause)
  }

  /** A store that does not even renew the lease refuses all, and not this one. */
  async function setAside(entry: OutboxEntry, cause: unknown): Promise<void> {
    const failed = await trySend([])
    if (failed !== null) throw failed.cause
    const isWanted = entry.onRefused?.() ?? true
    if (isWanted) refused.add(entry, clock.nowMs())
    waiting = waiting.filter((one) => one !== entry && !refused.tryFollow(one))
    const becomes = isWanted ? 'which waits behind the others' : 'and the request that waited for it goes without'
    options.onFault(new StoreError('other', `the ledger refuses one operation, ${becomes}`, { cause }))
  }

  async function sendRefused(entry: OutboxEntry): Promise<void> {
    const failed = await trySend([entry])
    if (failed === null) return refused.remove(entry)
    if (isRefusal(failed.cause)) return refused.putOff(entry, clock.nowMs())
    throw failed.cause
  }

  /**
   * Each transaction starts when a turn of the event loop is over, so that all its requests share it, and that whatever
   * else is ready has its turn between two: an embedded store works in this thread.
   */
  async function pump(): Promise<boolean> {
    try {
      let due: OutboxEntry | null = null
      do {
        await nextTurn(scheduler)
        await (due === null ? sendNext() : sendRefused(due))
        due = waiting.length > 0 ? null : refused.firstDue(clock.nowMs())
      } while (waiting.length > 0 || due !== null)
      return true
    } catch (cause) {
      isUp = false
      options.onFault(cause)
      return false
    } finally {
      pumping = null
    }
  }

  function flush(): Promise<boolean> {
    pumping ??= pump()
    return pumping
  }

  function flushLater(): void {
    if (isLaterDue || pumping !== null) return
    isLaterDue = true
    scheduler.after(LATER_WAIT_MS, () => {
      isLaterDue = false
      if (waiting.length > 0) void flush()
    })
  }

  return {
    push(entry) {
      if (refused.tryFollow(entry)) return
      waiting.push(entry)
      void flush()
    },
    pushLater(entry) {
      if (refused.tryFollow(entry)) return
      waiting.push(entry)
      flushLater()
    },
    pushFirst(entry) {
      waiting.unshift(entry)
      void flush()
    },
    tryCancel(entry) {
      if (entry.wasSent) return false
      const at = waiting.indexOf(entry)
      if (at === -1) return false
      waiting.splice(at, 1)
      return true
    },
    flush,
    renewedNowMs: () => renewed,
    renewedWallMs: () => renewedWall,
    isWorthWaiting(waitedMs, isCovered) {
      const kind = isCovered ? 'covered' : 'uncovered'
      const isSilent = isSending && clock.nowMs() - sent >= SILENT_MS[kind]
      const isBehindMany = waiting.length + underWay > FEW_OPS
      return isUp && !isSilent && waitedMs < LINE_WAIT_MS[kind] && (!isCovered || isBehindMany)
    },
    size: () => waiting.length + underWay + refused.size(),
    isUp: () => isUp,
  }
}
