import type { BudgetGate } from '../budget/gate.ts'
import { type Clock, type Scheduler, sleep } from '../core/clock.ts'
import type { Store } from '../core/store.ts'
import type { PartHealth } from '../http/health.ts'
import type { UsageWriter } from '../store/usage-writer.ts'
import type { Authentication } from './authentication.ts'

const FLUSH_EVERY_MS = 1_000
/** Well within the lease, which ends after 25 s without a sign of life. */
const MAINTAIN_EVERY_MS = 5_000
const PRUNE_EVERY_MS = 3_600_000
/** Once the start is over, as many processes live for less than an hour each. */
const FIRST_PRUNE_MS = 60_000
/** A store that hangs must not hold the process: what is leased then returns by the end of its lease. */
const CLOSE_MS_MAX = 3_000
const DAY_MS = 86_400_000

export interface UpkeepOptions {
  readonly gate: Pick<BudgetGate, 'maintain' | 'drain' | 'unwrittenOps' | 'isStoreUp'>
  readonly usage: UsageWriter
  readonly store: Pick<Store, 'kind' | 'pruneUsage' | 'pruneLedger'>
  readonly authentication: Pick<Authentication, 'isOpen' | 'refresh'>
  readonly settings: { readonly usageRetentionDays: number }
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly onFault: (cause: unknown) => void
}

/** The timers of money: usage rows each second, leases each five, retention each hour; and how the store is. */
export function openUpkeep(options: UpkeepOptions): { health(): PartHealth; close(): Promise<void> } {
  const { gate, usage, store, authentication, clock, scheduler, onFault } = options
  let isUp = true
  let looked = { nowMs: clock.nowMs(), wallMs: clock.wallMs() }

  async function flush(): Promise<void> {
    if (usage.waiting() > 0) isUp = await usage.flush()
  }

  async function maintain(): Promise<void> {
    isUp = await gate.maintain()
    if (isUp && authentication.isOpen()) await authentication.refresh().catch(onFault)
  }

  /** What is forgotten stays so: a clock that is ahead of the time that has passed is believed the next time. */
  function sureWallMs(): number {
    const before = looked
    looked = { nowMs: clock.nowMs(), wallMs: clock.wallMs() }
    return Math.min(looked.wallMs, before.wallMs + looked.nowMs - before.nowMs)
  }

  async function prune(): Promise<void> {
    const beforeWallMs = sureWallMs() - options.settings.usageRetentionDays * DAY_MS
    try {
      await store.pruneUsage(beforeWallMs)
      await store.pruneLedger(beforeWallMs)
    } catch (cause) {
      onFault(cause)
    }
  }

  // The first lease is taken before the first request, so that a burst finds a store that has already answered.
  void maintain()
  const stops = [
    scheduler.every(FLUSH_EVERY_MS, () => void flush()),
    scheduler.every(MAINTAIN_EVERY_MS, () => void maintain()),
    scheduler.after(FIRST_PRUNE_MS, () => void prune()),
    scheduler.every(PRUNE_EVERY_MS, () => void prune()),
  ]

  return {
    health() {
      const waiting = gate.unwrittenOps() + usage.waiting()
      if (isUp && gate.isStoreUp()) return { healthy: true, detail: store.kind }
      return { healthy: false, detail: `${store.kind} does not answer; ${waiting} rows wait for it` }
    },
    async close() {
      for (const stop of stops) stop()
      const written = Promise.all([gate.drain(), usage.flush()])
      await Promise.race([written, sleep(scheduler, CLOSE_MS_MAX)])
    },
  }
}
