import { describe, expect, test } from 'bun:test'
import { seededRandom } from '../../src/core/random.ts'
import { BACKOFF, backoffMs } from '../../src/resilience/backoff.ts'
import { jitteredRetryAfterMs } from '../../src/resilience/jittered-retry-after.ts'

const SAMPLES = 100_000
const CELLS = 20

/** Chi-square of `samples` against the uniform distribution on [fromMs, toMs), over 20 equal cells. */
function chiSquare(samples: readonly number[], fromMs: number, toMs: number): number {
  const counts = new Array<number>(CELLS).fill(0)
  for (const value of samples) {
    const cell = Math.floor(((value - fromMs) / (toMs - fromMs)) * CELLS)
    counts[cell] = (counts[cell] ?? Number.NaN) + 1
  }
  const expected = samples.length / CELLS
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** 99.9th percentile of the chi-square distribution with 19 degrees of freedom. */
const CHI_SQUARE_MAX = 43.82

describe('backoff', () => {
  test.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [4, 4_000],
    [5, 8_000],
    [6, 8_000],
    [2_000, 8_000],
  ])('after attempt %i the delay is uniform below %i ms', (attempt, ceilingMs) => {
    const random = seededRandom(attempt)

    const delays = Array.from({ length: SAMPLES }, () => backoffMs(attempt, 0, BACKOFF, random))

    expect(chiSquare(delays, 0, ceilingMs)).toBeLessThan(CHI_SQUARE_MAX)
    expect(delays.every((delay) => delay >= 0 && delay < ceilingMs)).toBe(true)
  })

  test('Retry-After is a floor, and the jitter comes on top', () => {
    const random = seededRandom(1)

    const delays = Array.from({ length: SAMPLES }, () => backoffMs(1, 2_000, BACKOFF, random))

    expect(chiSquare(delays, 2_000, 2_500)).toBeLessThan(CHI_SQUARE_MAX)
  })
})

test('those who were shed together are told to come back spread over one to five seconds', () => {
  const random = seededRandom(2)

  const delays = Array.from({ length: SAMPLES }, () => jitteredRetryAfterMs(random))

  expect(chiSquare(delays, 1_000, 5_000)).toBeLessThan(CHI_SQUARE_MAX)
})
