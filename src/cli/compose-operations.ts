import type { Settings } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Provider } from '../core/target.ts'
import { type HealthReport, healthReport, type PartHealth } from '../http/health.ts'
import type { OperationsDeps } from '../http/operations.ts'
import { createExposition } from '../observability/exposition.ts'
import { CONTENT_TYPES, negotiateFormat } from '../observability/negotiate.ts'
import type { ProcessSignals } from '../observability/process-signals.ts'
import type { Metrics } from '../observability/recorder.ts'
import { takeSnapshot } from '../observability/snapshot.ts'
import type { Protections } from '../pipeline/protections.ts'
import { REQUEST_CLASSES } from '../resilience/request-class.ts'

export interface OperationsOptions {
  readonly settings: Settings
  readonly providers: readonly Provider[]
  readonly metrics: Metrics
  readonly protections: Protections
  readonly clock: Clock
  readonly pid: number
  database(): PartHealth
  signals(): ProcessSignals
  isLeaving(): boolean
  requireAdmin(request: Request): void
}

/** Health, metrics and breakers as the HTTP room serves them, where they are switched on. */
export function composeOperations(options: OperationsOptions): OperationsDeps {
  const { settings, metrics, protections, clock } = options
  const exposition = createExposition(metrics.families.registry)
  const ifMetrics = (body: () => object) => () => (settings.metricsEnabled ? body() : null)
  return {
    pid: options.pid,
    health: () => (settings.healthCheckEnabled ? readHealth(options) : null),
    exposition(accept) {
      if (!settings.metricsEnabled) return null
      const format = negotiateFormat(accept)
      return { contentType: CONTENT_TYPES[format], text: exposition.render(format) }
    },
    observability: ifMetrics(() => takeSnapshot(metrics.families)),
    circuitBreakers: ifMetrics(() => ({ breakers: protections.breakers.snapshot(clock.nowMs(), clock.wallMs()) })),
    loadShedding: ifMetrics(() => readShedding(options)),
    resetBreakers(name) {
      const count = protections.breakers.reset(name)
      showBreakers(options)
      return count
    },
    requireAdmin: options.requireAdmin,
  }
}

/** Brings `circuit_breaker_state` up to date; also once a second, because an opening ends without anybody's doing. */
export function showBreakers({
  providers,
  protections,
  metrics,
  clock,
}: Pick<OperationsOptions, 'providers' | 'protections' | 'metrics' | 'clock'>): void {
  const nowMs = clock.nowMs()
  for (const { id } of providers) metrics.setBreakerState(id, STATE_LABEL[protections.breakers.worst(id, nowMs)])
}

const STATE_LABEL = { closed: 'CLOSED', half_open: 'HALF_OPEN', open: 'OPEN' } as const

function readShedding({ protections, signals }: OperationsOptions): object {
  const { shedder, open } = protections
  const { activeRequests, memoryRatio, heapRatio, loopLagMs } = shedder.options
  const { rssBytes, heapUsedBytes, memoryLimitBytes, loopLagMs: lagMs } = signals()
  return {
    active_requests: { now: open.size, threshold: activeRequests, admitted: shedder.ceiling },
    memory: { now: rssBytes / memoryLimitBytes, threshold: memoryRatio },
    heap: { now: heapUsedBytes / memoryLimitBytes, threshold: heapRatio },
    loop_lag_seconds: { now: lagMs / 1000, threshold: loopLagMs / 1000 },
    pressure: shedder.pressure,
    classes: Object.fromEntries(
      REQUEST_CLASSES.map((name) => {
        const { limit, isRefused } = shedder.classes[name]
        return [name, { limit, shedding: open.size >= limit, reason: isRefused ? shedder.reason : null }]
      }),
    ),
  }
}

function readHealth({
  settings,
  database,
  providers,
  protections,
  clock,
  signals,
  isLeaving,
}: OperationsOptions): HealthReport {
  const { rssBytes, memoryLimitBytes } = signals()
  const nowMs = clock.nowMs()
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
  return healthReport({
    database: database(),
    memory: {
      healthy: rssBytes < memoryLimitBytes * settings.loadSheddingMemoryThreshold,
      detail: `${megabytes(rssBytes)} of ${megabytes(memoryLimitBytes)} MB`,
    },
    shutdown: { healthy: !isLeaving(), detail: isLeaving() ? 'shutting down' : 'serving' },
    providers: Object.fromEntries(
      providers.map(({ id, baseUrl }) => {
        const state = protections.breakers.worst(id, nowMs)
        return [id, { healthy: state !== 'open', detail: `${baseUrl}, circuit breaker ${state}` }]
      }),
    ),
  })
}
