import type { Histogram } from './registry.ts'

/**
 * Quantiles of everything observed, as Prometheus' `histogram_quantile` estimates them: linear within the bucket; what
 * is above the last bound counts as that bound. In the base unit; null without an observation.
 *
 * Worked number: bounds 1, 2 with 1 and 3 observations; the median is the 2nd of 4, the first of three in (1, 2]:
 * 1 + (2 - 1) · 1/3 = 1.333.
 *
 * @param quantiles each between 0 and 1
 * @param slots     the series to take together
 */
export function quantilesOf<const Quantiles extends readonly number[]>(
  histogram: Histogram,
  quantiles: Quantiles,
  slots: readonly number[],
): { [K in keyof Quantiles]: number | null } {
  return quantilesOfCounts(histogram.bounds, mergeCounts(histogram, slots), quantiles)
}

/** As `quantilesOf`, from bucket counts: one more than there are bounds. */
export function quantilesOfCounts<const Quantiles extends readonly number[]>(
  bounds: readonly number[],
  counts: Float64Array,
  quantiles: Quantiles,
): { [K in keyof Quantiles]: number | null } {
  let total = 0
  for (const count of counts) total += count
  // A mapped tuple type is lost by `map`, whose result has the length of its input.
  return quantiles.map((quantile) => estimate(bounds, counts, quantile * total)) as {
    [K in keyof Quantiles]: number | null
  }
}

/** Bucket counts of some series together. */
export function mergeCounts({ buckets, counts }: Histogram, slots: readonly number[]): Float64Array {
  const merged = new Float64Array(buckets)
  for (const slot of slots) {
    for (let bucket = 0; bucket < buckets; bucket++) {
      merged[bucket] = (merged[bucket] ?? 0) + (counts[slot * buckets + bucket] ?? 0)
    }
  }
  return merged
}

/** @param rank how many observations, in order of size, are at or below the value sought */
function estimate(bounds: readonly number[], counts: Float64Array, rank: number): number | null {
  if (rank === 0) return null
  let below = 0
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    const count = counts[bucket] ?? 0
    if (count > 0 && below + count >= rank) {
      const lower = bounds[bucket - 1] ?? 0
      const upper = bounds[bucket] ?? lower
      return Math.min(upper, lower + (upper - lower) * ((rank - below) / count))
    }
    below += count
  }
  return bounds.at(-1) ?? null
}
