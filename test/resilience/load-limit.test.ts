import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { LOAD_LIMIT, type LoadLimit, learnWait, newLoadLimit } from '../../src/resilience/load-limit.ts'
import { newShedder, SHEDDER, setCeiling, shed } from '../../src/resilience/shedder.ts'

const window = (load: LoadLimit, waitMs: number, inflight: number): number => {
  for (let i = 1; i < load.options.ticks; i++) learnWait(load, waitMs, inflight)
  return learnWait(load, waitMs, inflight)
}

describe('a process that makes its requests wait', () => {
  test.each([
    { waitMs: LOAD_LIMIT.waitMs, limit: 1_000 },
    { waitMs: 10, limit: 160 },
    { waitMs: 80, limit: 120 },
    { waitMs: 8.001, limit: 190 },
  ])('bears $limit at once after a window of $waitMs ms with 200 under way', ({ waitMs, limit }) => {
    expect(window(newLoadLimit(LOAD_LIMIT), waitMs, 200)).toBe(limit)
  })

  test.each([25, 500, 30_000])('is not judged by one stop of %d ms: whoever waited is served', (stopMs) => {
    const load = newLoadLimit(LOAD_LIMIT)

    const limits = [2, 2, stopMs, 2, 2, 2, 2, 2].map((waitMs) => learnWait(load, waitMs, 200))

    expect(limits).toEqual(Array.from({ length: 8 }, () => 1_000))
  })

  test('is judged by stops that come one after the other', () => {
    const load = newLoadLimit(LOAD_LIMIT)

    const limits = [500, 500, 0, 0].map((waitMs) => learnWait(load, waitMs, 200))

    expect(limits.at(-1)).toBe(160)
  })

  test('keeps its few streams whatever happens, and bears more again step by step', () => {
    const load = newLoadLimit(LOAD_LIMIT)
    for (let i = 0; i < 50; i++) window(load, 10_000, 3)

    const limits = [load.limit, window(load, 0, 0), window(load, 0, 0)]

    expect(limits).toEqual([20, 24, 28])
  })

  test('never leaves its bounds, whatever it measures', () => {
    const tick = fc.tuple(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.nat(5_000))
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
        const load = newLoadLimit(LOAD_LIMIT)
        return ticks.every(([waitMs, inflight]) => {
          const limit = learnWait(load, waitMs, inflight)
          return Number.isInteger(limit) && limit >= 20 && limit <= 1_000
        })
      }),
    )
  })
})

describe('a ceiling', () => {
  test('is shared out to the classes like every other threshold, and named as the reason', () => {
    const shedder = newShedder(SHEDDER)
    setCeiling(shedder, 100)

    const refused = (['main', 'subagent', 'background', 'batch'] as const).map((name) => shed(shedder, name, 90))

    expect(refused).toEqual([null, null, 'queue_wait', 'queue_wait'])
  })

  test('is never above the threshold', () => {
    const shedder = newShedder({ ...SHEDDER, activeRequests: 10 })
    setCeiling(shedder, 100)

    expect(shed(shedder, 'main', 10)).toBe('active_requests')
  })
})
