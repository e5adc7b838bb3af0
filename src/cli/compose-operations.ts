import type { Settings } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { REQUEST_CLASSES } from '../core/request-class.ts'
import type { Provider } from '../core/target.ts'
import { type HealthReport, healthReport, type PartHealth } from '../http/health.ts'
import type { OperationsDeps } from '../http/operations.ts'
import { createExposition } from '../observability/exposition.ts'
import { CONTENT_TYPES, negotiateFormat } from '../observability/negotiate.ts'
import type { ProcessSignals } from '../observability/process-signals.ts'
import type { Metrics } from '../observability/recorder.ts'
import { takeSnapshot } from '../observability/snapshot.ts'
import type { Protections } from '../pipeline/protections.ts'
import type { BreakerSnapshot } from '../resilience/breakers.ts'
import { foldBreakers, foldHealth, foldShedding } from './workers/fold.ts'
import type { Peers } from './workers/link.ts'
import type { SheddingFacts, WorkerFacts } from './workers/protocol.ts'

export interface OperationsOptions {
  readonly settings: Settings
  readonly providers: readonly Provider[]
  readonly metrics: Metrics
  /** The metrics of all workers together, which is what is shown. */
  readonly totals: Metrics
  readonly peers: Peers
  readonly protections: Protections
  readonly clock: Clock
  readonly pid: number
  database(): PartHealth
  signals(): ProcessSignals
  isUnready(): boolean
  requireAdmin(request: Request): void
}

/** Health, metrics and breakers for the HTTP room, each only if it is switched on. Any worker answers for all. */
export function composeOperations(options: OperationsOptions): OperationsDeps {
  const { settings, totals, peers, protections } = options
  const exposition = createExposition(totals.families.registry)
  const ifMetrics = (body: () => object) => () => (settings.metricsEnabled ? body() : null)
  const breakers = (): readonly BreakerSnapshot[] =>
    foldBreakers([snapshotBreakers(options), ...peers.facts().map((facts) => facts.breakers)])
  return {
    pid: options.pid,
    refresh: () => peers.refresh(),
    health: () => (settings.healthCheckEnabled ? wholeHealth(options) : null),
    exposition(accept) {
      if (!settings.metricsEnabled) return null
      const format = negotiateFormat(accept)
      return { contentType: CONTENT_TYPES[format], text: exposition.render(format) }
    },
    observability: ifMetrics(() => takeSnapshot(totals.families)),
    circuitBreakers: ifMetrics(() => ({ breakers: breakers() })),
    loadShedding: ifMetrics(() =>
      foldShedding([readShedding(options), ...peers.facts().map((facts) => facts.shedding)]),
    ),
    resetBreakers(name) {
      const count = breakers().filter((breaker) => breaker.name === name || breaker.provider === name).length
      protections.breakers.reset(name)
      showBreakers(options)
      peers.order({ type: 'reset_breakers', name })
      return count
    },
    requireAdmin: options.requireAdmin,
  }
}

/** What this process tells the workers beside it. */
export function readFacts(options: OperationsOptions): Omit<WorkerFacts, 'records'> {
  return { health: readHealth(options), breakers: snapshotBreakers(options), shedding: readShedding(options) }
}

function snapshotBreakers({ protections, clock }: OperationsOptions): readonly BreakerSnapshot[] {
  return protections.breakers.snapshot(clock.nowMs(), clock.wallMs())
}

function wholeHealth(options: OperationsOptions): HealthReport {
  const others = options.peers.facts().flatMap(({ health }) => health ?? [])
  return foldHealth([readHealth(options), ...others], options.peers.crew())
}

/**
 * Updates the `circuit_breaker_state` gauge. It is called once a second too, because an open breaker becomes half-open by
 * time alone. A provider that is no longer configured shows as closed; else its alert would fire until the next start.
 */
export function showBreakers({
  providers,
  protections,
  metrics,
  clock,
}: Pick<OperationsOptions, 'providers' | 'protections' | 'metrics' | 'clock'>): void {
  const nowMs = clock.nowMs()
  const present = new Set(providers.map(({ id }) => id))
  for (const id of metrics.families.labels.breaker.values) {
    metrics.setBreakerState(id, present.has(id) ? STATE_LABEL[protections.breakers.worst(id, nowMs)] : 'CLOSED')
  }
}

/** Updates the gauges of the adaptive limits. */
export function showLimits({ protections, metrics }: Pick<OperationsOptions, 'protections' | 'metrics'>): void {
  metrics.rooms.showLimits(protections.limits())
}

const STATE_LABEL = { closed: 'CLOSED', half_open: 'HALF_OPEN', open: 'OPEN' } as const

function readShedding({ protections, signals }: OperationsOptions): SheddingFacts {
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
  isUnready,
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
    shutdown: { healthy: !isUnready(), detail: isUnready() ? 'shutting down' : 'serving' },
    providers: Object.fromEntries(
      providers.map(({ id, baseUrl }) => {
        const state = protections.breakers.worst(id, nowMs)
        return [id, { healthy: state !== 'open', detail: `${baseUrl}, circuit breaker ${state}` }]
      }),
    ),
  })
}
