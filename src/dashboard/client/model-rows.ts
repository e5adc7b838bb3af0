import type { RequestRow } from '../wire.ts'
import { count, dollars, seconds } from './format.ts'

/** Models shown; the busiest. */
const MODELS_MAX = 8

interface Sums {
  requests: number
  tokensIn: number
  tokensOut: number
  costUsd: number
  readonly seconds: number[]
}

/**
 * What models did in these requests, the busiest first. Metrics know only the models of the configuration; requests know
 * every name.
 */
export function modelRows(requests: readonly RequestRow[]): readonly (readonly string[])[] {
  const models = new Map<string, Sums>()
  for (const row of requests) {
    if (row.modelUsed === null || row.tokensIn === null) continue
    const sums = models.get(row.modelUsed) ?? { requests: 0, tokensIn: 0, tokensOut: 0, costUsd: 0, seconds: [] }
    sums.requests++
    sums.tokensIn += row.tokensIn
    sums.tokensOut += row.tokensOut ?? 0
    sums.costUsd += row.costUsd ?? 0
    sums.seconds.push(row.seconds)
    models.set(row.modelUsed, sums)
  }
  return [...models]
    .sort(([, a], [, b]) => b.requests - a.requests)
    .slice(0, MODELS_MAX)
    .map(([name, sums]) => [
      name,
      count(sums.requests),
      count(sums.tokensIn),
      count(sums.tokensOut),
      dollars(sums.costUsd),
      seconds(p95(sums.seconds)),
    ])
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? 0
}
