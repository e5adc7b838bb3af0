import type { Clock, Scheduler } from '../core/clock.ts'
import type { LedgerResult } from '../core/store.ts'
import { type Hold, type HoldBooks, reserveOp } from './hold.ts'
import { type Outbox, type OutboxEntry, STORE_WAIT_MS } from './outbox.ts'

/** The way to the ledger, for reservations that a request waits for. */
export interface Line {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly onReserved: HoldBooks['onReserved']
  readonly release: (hold: Hold) => void
}

/** Sends the reservation and waits; what comes too late, or is refused, is either under way by then, or taken back. */
export function sendReserve(
  { outbox, clock, scheduler, onReserved, release }: Line,
  hold: Hold,
  isAdvanced: boolean,
): Promise<LedgerResult | 'late'> {
  return new Promise((resolve) => {
    let isLate = false
    const entry: OutboxEntry = {
      op: reserveOp(hold, false),
      wasSent: false,
      onResult(result) {
        cancelTimer()
        if (isLate && isAdvanced && result.kind === 'refused')
          return outbox.pushFirst({ ...entry, op: reserveOp(hold, true) })
        onReserved(hold.lines, isAdvanced, result)
        if (!isLate) return resolve(result)
        if (!isAdvanced && result.kind === 'done') release(hold)
      },
      onRefused() {
        cancelTimer()
        isLate = true
        if (isAdvanced) entry.op = reserveOp(hold, true)
        else onReserved(hold.lines, false, NEVER_ASKED)
        resolve('late')
        return isAdvanced
      },
    }
    const giveUp = (): void => {
      isLate = true
      if (isAdvanced) entry.op = reserveOp(hold, true)
      else if (outbox.tryCancel(entry)) onReserved(hold.lines, false, NEVER_ASKED)
      resolve('late')
    }
    const sinceNowMs = clock.nowMs()
    const onTimer = (): void => {
      if (!outbox.isWorthWaiting(clock.nowMs() - sinceNowMs, isAdvanced)) giveUp()
      else cancelTimer = scheduler.after(STORE_WAIT_MS, onTimer)
    }
    let cancelTimer = scheduler.after(STORE_WAIT_MS, onTimer)
    outbox.push(entry)
  })
}

/** As good as a refusal. */
const NEVER_ASKED: LedgerResult = { kind: 'refused', lines: [] }
