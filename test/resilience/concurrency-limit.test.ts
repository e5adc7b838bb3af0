import { describe, expect, test } from 'bun:test'
import {
  CONCURRENCY,
  type ConcurrencyLimit,
  leave,
  newConcurrencyLimit,
  sample,
  sampleWhole,
  tryEnter,
} from '../../src/resilience/concurrency-limit.ts'

/** One window of `requests` at once with this time to first event each; `null` drops them. Returns the new limit. */
function playWindow(limit: ConcurrencyLimit, requests: number, firstEventMs: number | null): number {
  const nowMs = limit.windowStartMs + CONCURRENCY.windowMs
  let entered = 0
  for (let i = 0; i < requests; i++) if (tryEnter(limit, 'main')) entered += 1
  for (let i = 0; i < entered; i++) leave(limit)
  for (let i = 0; i < entered; i++) sample(limit, firstEventMs, i === entered - 1 ? nowMs : nowMs - 1)
  return limit.limit
}

/** So many answers that came whole, the last of them when a window is over. Returns the new limit. */
function playWhole(limit: ConcurrencyLimit, answers: number): number {
  const nowMs = limit.windowStartMs + CONCURRENCY.windowMs
  for (let i = 0; i < answers; i++) sampleWhole(limit, i === answers - 1 ? nowMs : nowMs - 1)
  return limit.limit
}

describe('places', () => {
  test('it starts at the active-requests threshold and admits exactly as many', () => {
    const limit = newConcurrencyLimit({ ...CONCURRENCY, limitMax: 50 }, 0)

    const entered = Array.from({ length: 60 }, () => tryEnter(limit, 'main'))

    expect(entered.filter(Boolean)).toHaveLength(50)
    expect(limit.inflight).toBe(50)
  })

  test('less urgent classes leave room for more urgent ones', () => {
    const limit = newConcurrencyLimit({ ...CONCURRENCY, limitMax: 100 }, 0)

    const entered = (['batch', 'background', 'subagent', 'main'] as const).map((name) => {
      while (limit.inflight < 1_000 && tryEnter(limit, name)) if (limit.inflight > 100) break
      return limit.inflight
    })

    expect(entered).toEqual([70, 85, 95, 100])
  })

  test('a place that is left can be taken again', () => {
    const limit = newConcurrencyLimit({ ...CONCURRENCY, limitMax: 1, limitMin: 1 }, 0)

    const steps = [tryEnter(limit, 'main'), tryEnter(limit, 'main')]
    leave(limit)

    expect([...steps, tryEnter(limit, 'main')]).toEqual([true, false, true])
  })
})

describe('adapting', () => {
  test('the worked number of its documentation', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    const one = (requests: number, isDropped: boolean) => playWindow(limit, requests, isDropped ? null : 100)

    const limits = [
      ...[40, 40, 40, 40].map((requests) => one(requests, true)),
      ...[72, 80, 88].map((n) => one(n, false)),
    ]

    expect(limits).toEqual([500, 250, 125, 72, 80, 88, 97])
  })

  test.each([
    [1, 501, 1_000],
    [1, 502, 500],
    [100, 600, 1_000],
    [100, 601, 500],
    [3_000, 6_000, 1_000],
    [3_000, 6_001, 500],
  ])('where %i ms is usual, a mean time to first event of %i ms leads from 1,000 to %i', (usual, now, expected) => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    playWindow(limit, 40, usual)

    expect(playWindow(limit, 40, now)).toBe(expected)
  })

  test('a sudden second of slowness refuses nobody, even if ten times as many come after it', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    for (let i = 0; i < 5; i++) playWindow(limit, 40, 100)

    playWindow(limit, 40, 1_000)

    expect(Array.from({ length: 400 }, () => tryEnter(limit, 'main')).every(Boolean)).toBeTrue()
  })

  test('a dropped request counts even without ten samples, but one alone takes half at the most', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)

    expect(playWindow(limit, 1, null)).toBe(500)
  })

  test('it grows back through calm windows although hardly anything of it is used', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    for (let i = 0; i < 10; i++) playWindow(limit, 1, null)

    const limits = Array.from({ length: 60 }, () => playWindow(limit, 10, 100))

    expect(limits[0]).toBe(24)
    expect(limits.at(-1)).toBe(CONCURRENCY.limitMax)
  })

  test('it grows back where every answer comes whole, and learns no time from them', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    for (let i = 0; i < 10; i++) playWindow(limit, 1, null)

    const limits = Array.from({ length: 60 }, () => playWhole(limit, 10))

    expect(limits[0]).toBe(24)
    expect(limits.at(-1)).toBe(CONCURRENCY.limitMax)
    expect(limit.usualMs).toBe(0)
  })

  test('nine whole answers are no window', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    playWindow(limit, 1, null)

    expect([playWhole(limit, 9), playWhole(limit, 1)]).toEqual([500, 522])
  })

  test('first events among whole answers are judged once there are ten of them', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    playWindow(limit, 40, 100)
    const slow = (): number => {
      for (let i = 0; i < 5; i++) sample(limit, 5_000, limit.windowStartMs)
      return playWhole(limit, 10)
    }

    expect([slow(), slow()]).toEqual([1_000, 500])
  })

  test.each([5, 1_000])('whatever happens it stays between its minimum and a threshold of %i', (limitMax) => {
    const limit = newConcurrencyLimit({ ...CONCURRENCY, limitMax }, 0)

    const shrunk = Array.from({ length: 100 }, () => playWindow(limit, 2_000, null))
    const grown = Array.from({ length: 100 }, () => playWindow(limit, 2_000, 10))

    expect(Math.min(...shrunk)).toBe(Math.min(limitMax, CONCURRENCY.limitMin))
    expect(Math.max(...grown)).toBe(limitMax)
  })

  test('prompts that become five times longer cost no more than half of a busy limit before that is usual', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    for (let i = 0; i < 10; i++) playWindow(limit, 900, 300)

    const limits = Array.from({ length: 30 }, () => playWindow(limit, 900, 1_500))

    expect(Math.min(...limits)).toBeGreaterThan(450)
    expect(limits.at(-1)).toBeGreaterThan(900)
  })

  test('with an upstream that queues beyond 100 at once, it finds the neighbourhood of 100', () => {
    const limit = newConcurrencyLimit(CONCURRENCY, 0)
    const firstEventMs = (atOnce: number): number => 2_000 * Math.max(1, atOnce / 100)
    for (let i = 0; i < 5; i++) playWindow(limit, 50, firstEventMs(50))

    const limits = Array.from({ length: 200 }, () =>
      playWindow(limit, 1_000, firstEventMs(Math.min(1_000, limit.limit))),
    )

    expect(Math.max(...limits.slice(-50))).toBeLessThan(250)
    expect(Math.min(...limits.slice(-50))).toBeGreaterThan(100)
  })
})
