import { BREAKER_STATES, type MetricFamilies } from '../observability/metrics.ts'
import { mergeCounts, quantilesOfCounts } from '../observability/quantile.ts'
import type { Point } from './wire.ts'

/** Latencies of a chart's point cover this many samples: one second alone has too few requests. */
const LATENCY_SAMPLES = 10

interface Totals {
  readonly atMs: number
  readonly requests: number
  readonly errors: number
  readonly rejected: number
  readonly tokensIn: number
  readonly tokensOut: number
  readonly costUsd: number
  readonly latency: Float64Array
}

/**
 * Turns the totals of the metrics into points: what has grown since the last one, per second.
 *
 * @returns takes a sample; `nowMs` is monotonic and measures, `wallMs` is what the chart shows
 */
export function createPointSampler(
  families: MetricFamilies,
  startMs: number,
): (nowMs: number, wallMs: number) => Point {
  let last = totalsOf(families, startMs)
  const latencies = [last.latency]
  return (nowMs, wallMs) => {
    const now = totalsOf(families, nowMs)
    const perSecond = 1000 / Math.max(1, now.atMs - last.atMs)
    const past = latencies[0] ?? last.latency
    const grown = now.latency.map((count, i) => count - (past[i] ?? 0))
    const [p50, p95, p99] = quantilesOfCounts(families.firstByte.bounds, grown, [0.5, 0.95, 0.99])
    const point = {
      atMs: Math.round(wallMs),
      requests: (now.requests - last.requests) * perSecond,
      errors: (now.errors - last.errors) * perSecond,
      rejected: (now.rejected - last.rejected) * perSecond,
      p50,
      p95,
      p99,
      tokensIn: (now.tokensIn - last.tokensIn) * perSecond,
      tokensOut: (now.tokensOut - last.tokensOut) * perSecond,
      costUsd: now.costUsd - last.costUsd,
      inflight: families.inflight.get(),
      rssBytes: families.rss.get(),
      breakers: breakersOf(families),
    }
    last = now
    latencies.push(now.latency)
    if (latencies.length > LATENCY_SAMPLES) latencies.shift()
    return point
  }
}

function totalsOf(families: MetricFamilies, atMs: number): Totals {
  const { firstByte } = families
  return {
    atMs,
    requests: families.requests.total(),
    errors: families.requestErrors.total(),
    rejected: families.requestsRejected.total(),
    tokensIn: families.tokensInput.total(),
    tokensOut: families.tokensOutput.total(),
    costUsd: families.cost.get() / 1e6,
    latency: mergeCounts(firstByte, [...firstByte.sums.keys()]),
  }
}

function breakersOf({ labels, breakerState }: MetricFamilies): number[] {
  return labels.breaker.values.map((_, place) =>
    Math.max(
      0,
      BREAKER_STATES.findIndex((_, state) => breakerState.get(place, state) === 1),
    ),
  )
}
