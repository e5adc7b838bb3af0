/** One figure over time: what must not grow. */
export interface Series {
  readonly name: string
  readonly unit: string
  readonly samples: readonly Sample[]
  /** Growth over the measured time that is none: the larger of a part of the median and an absolute amount. */
  readonly allowed: { readonly part: number; readonly amount: number }
}

export interface Sample {
  readonly atMs: number
  readonly value: number
}

export interface Trend {
  readonly median: number
  /** What the slope adds over the measured time, in the series' unit. */
  readonly growth: number
  readonly allowed: number
  readonly isFlat: boolean
}

const SAMPLES_MIN = 8

/**
 * Judges a series by the Theil–Sen slope, the median of the slopes between all pairs of samples: a single spike, or a
 * garbage collection between two samples, does not move it. Too few samples are not flat.
 *
 * Worked number: 100, 101, 102, …, 109 MB, a sample a second: slope 1 MB/s over 9 s, growth 9 MB; with a part of 0.1 of
 * the median of 104.5 allowed, that is flat.
 *
 * @see Sen 1968, "Estimates of the Regression Coefficient Based on Kendall's Tau"
 */
export function trendOf({ samples, allowed }: Series): Trend {
  const typical = median(samples.map(({ value }) => value))
  const slopes: number[] = []
  for (const [i, early] of samples.entries()) {
    for (const late of samples.slice(i + 1)) slopes.push((late.value - early.value) / (late.atMs - early.atMs))
  }
  const lengthMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)
  const growth = slopes.length === 0 ? 0 : median(slopes) * lengthMs
  const most = Math.max(allowed.amount, typical * allowed.part)
  return { median: typical, growth, allowed: most, isFlat: samples.length >= SAMPLES_MIN && growth <= most }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}
