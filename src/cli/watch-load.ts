import type { Clock, Scheduler } from '../core/clock.ts'
import type { ProcessSignals } from '../observability/process-signals.ts'
import type { Protections } from '../pipeline/protections.ts'
import type { FairTurns } from '../resilience/fair-turns.ts'
import { LOAD_LIMIT, learnWait, newLoadLimit } from '../resilience/load-limit.ts'
import { refresh, setCeiling } from '../resilience/shedder.ts'

/** The longest queue wait that the ticks have found, for the once-a-second signals. */
export interface QueueWatch {
  /** The longest wait since the last call, in ms. */
  takeWorstMs(): number
  close(): void
}

const TICK_MS = 50
/** While nothing is under way. */
const IDLE_TICK_MS = 500

/**
 * Measures how long ready work waits, and lowers the shedder's ceiling as long as that is too long. Two waits count: the
 * one for the event loop, by how late a timer fires, and the one of a stream's chunk for its turn.
 *
 * @param waitMs mean wait above which fewer are admitted
 */
export function watchQueue(
  { shedder, open }: Protections,
  waitMs: number,
  { clock, scheduler, turns }: { clock: Clock; scheduler: Scheduler; turns: Pick<FairTurns, 'waitMs'> },
): QueueWatch {
  const { activeRequests } = shedder.options
  const load = newLoadLimit({
    ...LOAD_LIMIT,
    waitMs,
    limitMax: activeRequests,
    limitMin: Math.min(LOAD_LIMIT.limitMin, activeRequests),
  })
  let worstMs = 0
  let dueMs = 0
  const tick = (): void => {
    const waitedMs = Math.max(0, clock.nowMs() - dueMs, turns.waitMs())
    worstMs = Math.max(worstMs, waitedMs)
    setCeiling(shedder, learnWait(load, waitedMs, open.size))
    cancel = next()
  }
  const next = (): (() => void) => {
    const delayMs = open.size === 0 ? IDLE_TICK_MS : TICK_MS
    dueMs = clock.nowMs() + delayMs
    return scheduler.after(delayMs, tick)
  }
  let cancel = next()
  return {
    takeWorstMs() {
      const takenMs = worstMs
      worstMs = 0
      return takenMs
    },
    close: () => cancel(),
  }
}

/**
 * Passes each sample of the process on to the shedder. The process counts as slow only if two samples in a row say so:
 * after a single stall, such as of the whole machine, it is as fast as before, and whoever waited meanwhile would be
 * refused for nothing.
 */
export function openShedderRefresh(
  { shedder }: Pick<Protections, 'shedder'>,
  clock: Clock,
): (signals: ProcessSignals, queueWaitMs: number) => void {
  let lastLagMs = 0
  let lastWaitMs = 0
  return ({ rssBytes, heapUsedBytes, memoryLimitBytes, loopLagMs }, queueWaitMs) => {
    const slowness = {
      loopLagP99Ms: Math.min(loopLagMs, lastLagMs),
      queueWaitMs: Math.min(queueWaitMs, lastWaitMs),
    }
    lastLagMs = loopLagMs
    lastWaitMs = queueWaitMs
    refresh(shedder, { rssBytes, heapUsedBytes, memoryLimitBytes, ...slowness }, clock.nowMs())
  }
}
