import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { REQUEST_CLASSES } from '../../src/core/request-class.ts'
import {
  FEW_REQUESTS,
  newShedder,
  refresh,
  SHEDDER,
  type ShedReason,
  type Signals,
  setCeiling,
  shed,
} from '../../src/resilience/shedder.ts'
import { isFull, runSeed } from './seed.ts'

const GIB = 1024 ** 3
const CALM: Signals = {
  rssBytes: 0.1 * GIB,
  heapUsedBytes: 0.05 * GIB,
  memoryLimitBytes: GIB,
  loopLagP99Ms: 2,
  queueWaitMs: 0,
}

/** What each class gets at `inflight` requests. */
function verdicts(shedder: ReturnType<typeof newShedder>, inflight: number): (ShedReason | null)[] {
  return REQUEST_CLASSES.map((name) => shed(shedder, name, inflight))
}

describe('requests at once', () => {
  test.each([
    [0, [null, null, null, null]],
    [699, [null, null, null, null]],
    [700, [null, null, null, 'active_requests']],
    [849, [null, null, null, 'active_requests']],
    [850, [null, null, 'active_requests', 'active_requests']],
    [950, [null, 'active_requests', 'active_requests', 'active_requests']],
    [999, [null, 'active_requests', 'active_requests', 'active_requests']],
    [1_000, ['active_requests', 'active_requests', 'active_requests', 'active_requests']],
  ] as const)('with %i of 1,000 under way, main, subagent, background and batch get %j', (inflight, expected) => {
    expect(verdicts(newShedder(SHEDDER), inflight)).toEqual([...expected])
  })

  test('a threshold of one still admits one request of any class', () => {
    const shedder = newShedder({ ...SHEDDER, activeRequests: 1 })

    expect(verdicts(shedder, 0)).toEqual([null, null, null, null])
    expect(verdicts(shedder, 1)).toEqual(Array(4).fill('active_requests'))
  })
})

describe('signals', () => {
  test.each([
    ['memory', { rssBytes: 0.85 * GIB }],
    ['heap', { heapUsedBytes: 0.9 * GIB }],
    ['loop_lag', { loopLagP99Ms: 500 }],
    ['queue_wait', { queueWaitMs: 1_000 }],
  ] as const)('%s at its threshold refuses every class, and is named', (reason, change) => {
    const shedder = newShedder(SHEDDER)

    refresh(shedder, { ...CALM, ...change }, 0)

    expect(verdicts(shedder, FEW_REQUESTS)).toEqual(Array(4).fill(reason))
  })

  test.each([
    [0.69, [null, null, null, null]],
    [0.71, [null, null, null, 'loop_lag']],
    [0.86, [null, null, 'loop_lag', 'loop_lag']],
    [0.96, [null, 'loop_lag', 'loop_lag', 'loop_lag']],
    [1, ['loop_lag', 'loop_lag', 'loop_lag', 'loop_lag']],
  ] as const)('at %f of a threshold the classes get %j', (pressure, expected) => {
    const shedder = newShedder(SHEDDER)

    refresh(shedder, { ...CALM, loopLagP99Ms: pressure * SHEDDER.loopLagMs }, 0)

    expect(verdicts(shedder, FEW_REQUESTS)).toEqual([...expected])
  })

  test.each(['loopLagP99Ms', 'queueWaitMs'] as const)(
    'a process that was held up lets a few in at once, each class its share: %s of 30 s',
    (name) => {
      const shedder = newShedder(SHEDDER)

      refresh(shedder, { ...CALM, [name]: 30_000 }, 0)
      setCeiling(shedder, 100)

      const most = REQUEST_CLASSES.map((each) =>
        Array.from({ length: 100 }, (_, inflight) => shed(shedder, each, inflight)).indexOf(shedder.reason),
      )
      expect(most).toEqual([20, 19, 17, 14])
    },
  )

  test.each([{ rssBytes: 0.85 * GIB }, { heapUsedBytes: 0.9 * GIB }])(
    'memory that is full lets nobody in, however much slower than full the process is: %j',
    (change) => {
      const shedder = newShedder(SHEDDER)

      refresh(shedder, { ...CALM, ...change, loopLagP99Ms: 30_000 }, 0)
      setCeiling(shedder, 100)

      expect(verdicts(shedder, 0).every((reason) => reason !== null)).toBeTrue()
    },
  )

  test.each([0, Number.NaN, Number.POSITIVE_INFINITY])(
    'a memory limit of %p is unknown and sheds nothing',
    (memoryLimitBytes) => {
      const shedder = newShedder(SHEDDER)

      refresh(shedder, { ...CALM, memoryLimitBytes, rssBytes: 100 * GIB }, 0)

      expect(verdicts(shedder, 0)).toEqual([null, null, null, null])
    },
  )
})

describe('recovery', () => {
  test('just under the mark a class stays refused, so that it does not flap; well under it returns at the next tick', () => {
    const shedder = newShedder(SHEDDER)
    const mainAt = (loopLagP99Ms: number, nowMs: number): ShedReason | null => {
      refresh(shedder, { ...CALM, loopLagP99Ms }, nowMs)
      return shed(shedder, 'main', FEW_REQUESTS)
    }

    expect([mainAt(500, 0), mainAt(499, 500), mainAt(449, 1_000)]).toEqual(['loop_lag', 'loop_lag', null])
  })

  test('a class that has stayed just under its mark for three seconds returns too', () => {
    const shedder = newShedder(SHEDDER)
    refresh(shedder, { ...CALM, loopLagP99Ms: 500 }, 70_000)
    const mainAt = (nowMs: number): ShedReason | null => {
      refresh(shedder, { ...CALM, loopLagP99Ms: 480 }, nowMs)
      return shed(shedder, 'main', FEW_REQUESTS)
    }

    expect([mainAt(72_999), mainAt(73_000)]).toEqual(['loop_lag', null])
  })

  test('a class still refused names the signal that refused it, not the one that is worst now', () => {
    const shedder = newShedder(SHEDDER)
    refresh(shedder, { ...CALM, loopLagP99Ms: 0.7 * SHEDDER.loopLagMs }, 0)

    refresh(shedder, { ...CALM, queueWaitMs: 0.65 * SHEDDER.queueWaitMs }, 500)

    expect(shed(shedder, 'batch', FEW_REQUESTS)).toBe('loop_lag')
  })
})

test('whatever the signals did, a class is never refused while a less urgent one is admitted, and 5 s under the mark bring it back', () => {
  const signal = (most: number) =>
    fc.oneof(fc.double({ min: 0, max: most, noNaN: true }), fc.constantFrom(Number.NaN, 0))
  const tick = fc.record({
    rssBytes: signal(1.2 * GIB),
    heapUsedBytes: signal(1.2 * GIB),
    memoryLimitBytes: fc.constantFrom(GIB, GIB, GIB, 0),
    loopLagP99Ms: signal(800),
    queueWaitMs: signal(1_600),
  })
  const trace = fc.array(fc.record({ tick, afterMs: fc.integer({ min: 1, max: 2_000 }) }), { maxLength: 30 })

  fc.assert(
    fc.property(trace, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (ticks, most, inflight) => {
      const shedder = newShedder({ ...SHEDDER, activeRequests: most })
      let nowMs = 0
      for (const { tick: signals, afterMs } of ticks) {
        nowMs += afterMs
        refresh(shedder, signals, nowMs)
        const isRefused = verdicts(shedder, inflight).map((reason) => reason !== null)
        expect(isRefused).toEqual([...isRefused].sort())
      }
      for (const restMs of [500, 5_000]) refresh(shedder, { ...CALM, loopLagP99Ms: 340 }, nowMs + restMs)
      expect(verdicts(shedder, 0)).toEqual([null, null, null, null])
    }),
    { seed: runSeed | 0, numRuns: isFull ? 20_000 : 300 },
  )
})
