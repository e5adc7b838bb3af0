import { expect, test } from 'bun:test'
import { type Series, trendOf } from './trend.ts'

function series(values: readonly number[]): Series {
  const samples = values.map((value, i) => ({ atMs: i * 1_000, value }))
  return { name: 'RSS', unit: 'MB', samples, allowed: { part: 0.1, amount: 2 } }
}

const steady = (step: number) => Array.from({ length: 10 }, (_, i) => 100 + i * step)

test('growth is the slope over the measured time, and is flat up to the allowed part of the median', () => {
  const { median, growth, allowed, isFlat } = trendOf(series(steady(1)))
  expect([median, growth, isFlat]).toEqual([104.5, 9, true])
  expect(allowed).toBeCloseTo(10.45)
  expect(trendOf(series(steady(1.5))).isFlat).toBe(false)
})

test('small figures may grow by an absolute amount', () => {
  const few = (step: number) => series(steady(step).map((value) => value - 99))

  expect(trendOf(few(0.2)).isFlat).toBe(true)
  expect(trendOf(few(0.3)).isFlat).toBe(false)
})

test('one spike is no growth, and a falling figure is flat', () => {
  expect(trendOf(series([100, 100, 100, 100, 100, 100, 100, 100, 100, 900])).growth).toBe(0)
  expect(trendOf(series(steady(-5))).isFlat).toBe(true)
})

test('fewer than eight samples show nothing', () => {
  expect(trendOf(series([1, 1, 1, 1, 1, 1, 1])).isFlat).toBe(false)
  expect(trendOf(series([])).isFlat).toBe(false)
})
