import { OUTCOMES } from '../core/record.ts'
import type { LabelSet } from './label-set.ts'
import { type MetricFamilies, OPERATIONS } from './metrics.ts'
import { quantilesOf } from './quantile.ts'
import type { Counter, Histogram } from './registry.ts'

/** The body of `/metrics/observability`: durations in seconds, cost in US dollars, since the process started. */
export interface Snapshot {
  readonly build: { readonly version: string; readonly commit: string }
  readonly requests: {
    readonly total: number
    readonly errors: number
    readonly rejected: number
    readonly inflight: number
    readonly per_second: number
    readonly by_surface: Readonly<Record<string, number>>
  }
  /** To the first byte, and to the last. */
  readonly latency: { readonly first_byte: Percentiles; readonly total: Percentiles }
  readonly tokens: { readonly input: number; readonly output: number }
  readonly cost_usd: number
  readonly providers: Readonly<Record<string, ProviderSnapshot>>
  readonly models: Readonly<Record<string, ModelSnapshot>>
  readonly system: {
    readonly uptime_seconds: number
    readonly rss_bytes: number
    readonly heap_used_bytes: number
    readonly memory_limit_bytes: number
    readonly event_loop_lag_seconds: number
  }
}

/** Estimated from the histogram's buckets; null while there is nothing to tell. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface ProviderSnapshot {
  readonly requests: Readonly<Record<string, number>>
  readonly retries: number
  readonly stream_repairs: number
  /** Share of the prompt tokens that came from the provider's prompt cache; null before the first. */
  readonly prompt_cache_hit_ratio: number | null
  readonly latency: Percentiles
}

export interface ModelSnapshot {
  readonly requests: number
  readonly tokens: Readonly<Record<string, number>>
  readonly cost_usd: number
  readonly latency: Percentiles
}

/** Only providers and models that served something are listed, so that an idle one is no noise. */
export function takeSnapshot(families: MetricFamilies): Snapshot {
  const { labels, registry: _, ...metrics } = families
  const { version = '', commit = '' } = metrics.build.declaration.constant ?? {}
  return {
    build: { version, commit },
    requests: {
      total: metrics.requests.total(),
      errors: metrics.requestErrors.total(),
      rejected: metrics.requestsRejected.total(),
      inflight: metrics.inflight.get(),
      per_second: metrics.requestsPerSecond.get(),
      by_surface: byLabel(labels.surface, (i) => metrics.requests.get(i)),
    },
    latency: { first_byte: percentiles(metrics.firstByte), total: percentiles(metrics.requestSeconds) },
    tokens: { input: metrics.tokensInput.total(), output: metrics.tokensOutput.total() },
    cost_usd: dollars(metrics.cost, 0),
    providers: busy(labels.provider, (i) => providerSnapshot(families, i)),
    models: busy(labels.model, (i) => modelSnapshot(families, i)),
    system: {
      uptime_seconds: metrics.uptime.get(),
      rss_bytes: metrics.rss.get(),
      heap_used_bytes: metrics.heap.get(),
      memory_limit_bytes: metrics.memoryLimit.get(),
      event_loop_lag_seconds: metrics.loopLag.get(),
    },
  }
}

function providerSnapshot(families: MetricFamilies, provider: number): ProviderSnapshot | null {
  const { labels, providerRequests, retries, repairs, inferenceSeconds, genAiInput, genAiCacheRead } = families
  if (OUTCOMES.every((_, i) => providerRequests.get(provider, i) === 0)) return null
  return {
    requests: byLabel(labels.outcome, (i) => providerRequests.get(provider, i)),
    retries: retries.get(provider),
    stream_repairs: repairs.get(provider),
    prompt_cache_hit_ratio: ratio(overOperations(genAiCacheRead, provider), overOperations(genAiInput, provider)),
    latency: percentiles(inferenceSeconds, [provider]),
  }
}

function modelSnapshot(families: MetricFamilies, model: number): ModelSnapshot | null {
  const { labels, modelRequests, modelTokens, modelCost, modelSeconds } = families
  if (modelRequests.get(model) === 0) return null
  return {
    requests: modelRequests.get(model),
    tokens: byLabel(labels.tokenType, (i) => modelTokens.get(model, i)),
    cost_usd: dollars(modelCost, model),
    latency: percentiles(modelSeconds, [model]),
  }
}

/** Providers have the same places under both of their label's names. */
function overOperations(tokens: Counter, provider: number): number {
  return OPERATIONS.reduce((sum, _, i) => sum + tokens.get(provider, i), 0)
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function byLabel(label: LabelSet, value: (index: number) => number): Record<string, number> {
  return Object.fromEntries(label.values.map((name, i) => [name, value(i)]))
}

function busy<T>(label: LabelSet, snapshot: (index: number) => T | null): Record<string, T> {
  const entries = label.values.map((name, i) => [name, snapshot(i)] as const)
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

function percentiles(histogram: Histogram, slots = [...histogram.sums.keys()]): Percentiles {
  const [p50, p95, p99] = quantilesOf(histogram, [0.5, 0.95, 0.99], slots)
  return { count: slots.reduce((sum, slot) => sum + histogram.count(slot), 0), p50, p95, p99 }
}

function dollars(microUsd: Counter, slot: number): number {
  return microUsd.get(slot) / 1e6
}
