import type { Settings } from '../config/load.ts'
import type { Clock, Scheduler } from '../core/clock.ts'
import type { Logger } from '../observability/logger.ts'
import type { ProcessSignals } from '../observability/process-signals.ts'
import type { Metrics } from '../observability/recorder.ts'
import { openProtections, type Protections } from '../pipeline/protections.ts'
import { BREAKER } from '../resilience/breaker.ts'
import { CONCURRENCY } from '../resilience/concurrency-limit.ts'
import type { FairTurns } from '../resilience/fair-turns.ts'
import { LOAD_LIMIT, learnWait, newLoadLimit } from '../resilience/load-limit.ts'
import { refresh, SHEDDER, setCeiling } from '../resilience/shedder.ts'

/** The protections as the settings want them, telling metrics and log what they do. */
export function composeProtections(settings: Settings, metrics: Metrics, logger: Logger): Protections {
  const activeRequests = settings.loadSheddingActiveRequestsThreshold
  return openProtections(
    {
      breaker: {
        ...BREAKER,
        failureThreshold: settings.circuitBreakerFailureThreshold,
        openMs: settings.circuitBreakerTimeoutMs,
        probes: settings.circuitBreakerSuccessThreshold,
      },
      shedder: {
        ...SHEDDER,
        activeRequests,
        memoryRatio: settings.loadSheddingMemoryThreshold,
        heapRatio: settings.loadSheddingHeapThreshold,
        loopLagMs: settings.loadSheddingLoopLagMs,
        queueWaitMs: Math.max(SHEDDER.queueWaitMs, 2 * settings.loadSheddingLoopLagMs),
      },
      concurrency: {
        ...CONCURRENCY,
        limitMax: activeRequests,
        limitMin: Math.min(CONCURRENCY.limitMin, activeRequests),
      },
    },
    {
      onInflight: (change) => metrics.addInflight(change),
      onAttempt: (provider, outcome) => metrics.countAttempt(provider, outcome === 'success' ? 'ok' : outcome),
      onRetry: (provider) => metrics.countRetry(provider),
      onShed: (requestClass) => metrics.countShed(requestClass),
      onBreakerChange({ provider, model }, state) {
        const fields = { provider: provider.id, model, state }
        if (state === 'open') logger.warn(fields, 'circuit breaker opened')
        else logger.info(fields, `circuit breaker ${state}`)
      },
      onPing: () => metrics.countPing(),
    },
  )
}

/** What the queue-wait tick found last; the once-a-second signals include the worst of their second. */
export interface QueueWatch {
  /** The longest wait since the last call, in ms. */
  takeWorstMs(): number
  close(): void
}

const TICK_MS = 50
/** While nothing is under way. */
const IDLE_TICK_MS = 500

/**
 * Measures how long whatever is ready waits, and admits as many requests as keep that short: until the event loop comes
 * to it, by how late a timer is, and as a chunk of a stream until its turn.
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
 * Tells the shedder, with every sample, how the process feels. A process is slow if two samples on end say so: after one
 * stop, of the machine say, it is as fast as before, and whoever it kept waiting would be refused for nothing.
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
