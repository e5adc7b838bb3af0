import type { Histogram } from './registry.ts'

/**
 * A quantile of everything observed, as Prometheus' `histogram_quantile` estimates it: linear within the bucket; what is
 * above the last bound counts as that bound. In the base unit; null without an observation.
 *
 * Worked number: bounds 1, 2 with 1 and 3 observations; the median is the 2nd of 4, the first of three in (1, 2]:
 * 1 + (2 - 1) · 1/3 = 1.333.
 *
 * @param quantile between 0 and 1
 * @param slots    the series to take together
 */
export function quantileOf(histogram: Histogram, quantile: number, slots: readonly number[]): number | null {
  const { bounds, buckets, counts } = histogram
  const merged = Array.from({ length: buckets }, (_, bucket) =>
    slots.reduce((sum, slot) => sum + (counts[slot * buckets + bucket] ?? 0), 0),
  )
  const total = merged.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = quantile * total
  let below = 0
  for (const [bucket, upper] of bounds.entries()) {
    const count = merged[bucket] ?? 0
    if (count > 0 && below + count >= rank) {
      const lower = bounds[bucket - 1] ?? 0
      return Math.min(upper, lower + (upper - lower) * ((rank - below) / count))
    }
    below += count
  }
  return bounds.at(-1) ?? null
}
