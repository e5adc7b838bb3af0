import type { Settings } from '../config/load.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/recorder.ts'
import { openProtections, type Protections } from '../pipeline/protections.ts'
import { BREAKER } from '../resilience/breaker.ts'
import { CONCURRENCY } from '../resilience/concurrency-limit.ts'
import { SHEDDER } from '../resilience/shedder.ts'

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
