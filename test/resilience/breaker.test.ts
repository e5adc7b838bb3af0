import { describe, expect, test } from 'bun:test'
import { ERROR_TRAITS } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import {
  admit,
  BREAKER,
  type Breaker,
  type BreakerOutcome,
  type BreakerState,
  isProbe,
  newBreaker,
  OPEN,
  PROBING,
  resetBreaker,
  settlePermit,
  stateAt,
  untilProbeMs,
} from '../../src/resilience/breaker.ts'

const PROBE_MS = BREAKER.openMs

function fail(breaker: Breaker, times: number, nowMs = 0): void {
  for (let i = 0; i < times; i++) settlePermit(breaker, admit(breaker, nowMs), 'failure', nowMs)
}

function openBreaker(): Breaker {
  const breaker = newBreaker(BREAKER)
  fail(breaker, BREAKER.failureThreshold)
  return breaker
}

/** One result short of leaving the state, with the permit that decides. */
function onTheEdge(state: BreakerState): { breaker: Breaker; permit: number } {
  if (state === 'closed') {
    const breaker = newBreaker(BREAKER)
    fail(breaker, BREAKER.failureThreshold - 1)
    return { breaker, permit: admit(breaker, 0) }
  }
  const breaker = openBreaker()
  if (state === 'open') return { breaker, permit: admit(breaker, PROBE_MS - 1) }
  const first = admit(breaker, PROBE_MS)
  const permit = admit(breaker, PROBE_MS)
  settlePermit(breaker, first, 'success', PROBE_MS)
  return { breaker, permit }
}

describe('state × outcome → state', () => {
  const table: readonly (readonly [BreakerState, BreakerOutcome, BreakerState])[] = [
    ['closed', 'success', 'closed'],
    ['closed', 'failure', 'open'],
    ['closed', 'dropped', 'closed'],
    ['closed', 'ignore', 'closed'],
    ['open', 'success', 'open'],
    ['open', 'failure', 'open'],
    ['open', 'dropped', 'open'],
    ['open', 'ignore', 'open'],
    ['half_open', 'success', 'closed'],
    ['half_open', 'failure', 'open'],
    ['half_open', 'dropped', 'half_open'],
    ['half_open', 'ignore', 'half_open'],
  ]

  test.each(table)('%s, one result before the edge, then %s: %s', (from, outcome, to) => {
    const { breaker, permit } = onTheEdge(from)

    const change = settlePermit(breaker, permit, outcome, PROBE_MS)

    expect(breaker.state).toBe(to)
    expect(change).toBe(from === to ? null : to)
  })
})

describe('closed', () => {
  test('a success between failures starts the count anew', () => {
    const breaker = newBreaker(BREAKER)

    fail(breaker, 4)
    settlePermit(breaker, admit(breaker, 0), 'success', 0)
    fail(breaker, 4)

    expect(breaker.state).toBe('closed')
  })

  test.each([
    [19, 'closed'],
    [20, 'open'],
  ] as const)('every second of %i requests failing within the window leaves it %s', (requests, state) => {
    const breaker = newBreaker(BREAKER)

    for (let i = 0; i < requests; i++) settlePermit(breaker, admit(breaker, i), i % 2 === 0 ? 'failure' : 'success', i)

    expect(breaker.state).toBe(state)
  })

  test('failures that have left the window no longer count', () => {
    const breaker = newBreaker({ ...BREAKER, failureThreshold: 100 })

    fail(breaker, 19, 0)
    fail(breaker, 1, BREAKER.windowMs)

    expect(breaker.state).toBe('closed')
  })

  test('100,000 client aborts, rejections, limits and refusals of our own never trip it', () => {
    const breaker = newBreaker(BREAKER)
    const harmless = Object.values(ERROR_TRAITS).filter((traits) => traits.outcome !== 'failure')
    const random = seededRandom(7)

    for (let i = 0; i < 100_000; i++) {
      const traits = harmless[Math.floor(random() * harmless.length)]
      settlePermit(breaker, admit(breaker, i), traits?.outcome ?? 'ignore', i)
    }

    expect(breaker.state).toBe('closed')
    expect(breaker.trips).toBe(0)
  })
})

describe('open', () => {
  test('it refuses until its time is over, to the millisecond, and says how long', () => {
    const breaker = openBreaker()

    expect(admit(breaker, PROBE_MS - 1)).toBe(OPEN)
    expect(untilProbeMs(breaker, PROBE_MS - 1)).toBe(1)
    expect(admit(breaker, PROBE_MS)).toBeGreaterThanOrEqual(0)
  })

  test('it is told as half-open once its time is over, although nobody asks', () => {
    const breaker = openBreaker()

    expect([stateAt(breaker, PROBE_MS - 1), stateAt(breaker, PROBE_MS)]).toEqual(['open', 'half_open'])
  })

  test('each failed probe doubles its time up to the cap, and closing starts anew', () => {
    const breaker = openBreaker()
    const openForMs: number[] = []
    let nowMs = 0

    for (let i = 0; i < 5; i++) {
      nowMs += breaker.openForMs
      fail(breaker, 1, nowMs)
      openForMs.push(breaker.openForMs)
    }
    nowMs += breaker.openForMs
    for (let i = 0; i < BREAKER.probes; i++) settlePermit(breaker, admit(breaker, nowMs), 'success', nowMs)
    fail(breaker, BREAKER.failureThreshold, nowMs)

    expect(openForMs).toEqual([120_000, 240_000, 480_000, 600_000, 600_000])
    expect(breaker.openForMs).toBe(60_000)
  })

  test('a timeout above the cap is never shortened by a failed probe', () => {
    const breaker = newBreaker({ ...BREAKER, openMs: 900_000 })
    fail(breaker, BREAKER.failureThreshold)

    fail(breaker, 1, 900_000)

    expect(breaker.openForMs).toBe(900_000)
  })
})

describe('half-open', () => {
  test.each([1, 2, 5])('exactly %i of 1,000 simultaneous callers are let through', (probes) => {
    const breaker = newBreaker({ ...BREAKER, probes })
    fail(breaker, BREAKER.failureThreshold)

    const permits = Array.from({ length: 1_000 }, () => admit(breaker, PROBE_MS))

    expect(permits.filter((permit) => permit >= 0)).toHaveLength(probes)
    expect(permits.filter((permit) => permit === PROBING)).toHaveLength(1_000 - probes)
  })

  test('a probe that proves nothing gives its place to the next caller', () => {
    const breaker = openBreaker()
    const aborted = admit(breaker, PROBE_MS)
    admit(breaker, PROBE_MS)

    settlePermit(breaker, aborted, 'ignore', PROBE_MS)

    expect(admit(breaker, PROBE_MS)).toBeGreaterThanOrEqual(0)
    expect(admit(breaker, PROBE_MS)).toBe(PROBING)
  })

  test('a probe that has succeeded keeps its place, so that a slow second one is not joined by a third', () => {
    const breaker = openBreaker()
    const fast = admit(breaker, PROBE_MS)
    admit(breaker, PROBE_MS)

    settlePermit(breaker, fast, 'success', PROBE_MS)

    expect(admit(breaker, PROBE_MS)).toBe(PROBING)
    expect(untilProbeMs(breaker, PROBE_MS)).toBeGreaterThan(0)
  })

  test('results of requests from before the trip are ignored', () => {
    const breaker = newBreaker(BREAKER)
    const early = Array.from({ length: 10 }, () => admit(breaker, 0))
    fail(breaker, BREAKER.failureThreshold)
    const probe = admit(breaker, PROBE_MS)

    for (const permit of early) settlePermit(breaker, permit, permit % 2 === 0 ? 'failure' : 'success', PROBE_MS)

    expect(breaker.state).toBe('half_open')
    expect(isProbe(breaker, probe)).toBe(true)
    expect(early.some((permit) => isProbe(breaker, permit))).toBe(false)
  })

  test('the second failed probe finds the breaker open already and does not double its time again', () => {
    const breaker = openBreaker()
    const probes = [admit(breaker, PROBE_MS), admit(breaker, PROBE_MS)]

    for (const permit of probes) settlePermit(breaker, permit, 'failure', PROBE_MS)

    expect(breaker.openForMs).toBe(2 * BREAKER.openMs)
    expect(breaker.trips).toBe(2)
  })
})

describe('reset by hand', () => {
  test.each(['closed', 'open', 'half_open'] as const)(
    'a %s breaker is closed, and what was under way is ignored',
    (state) => {
      const { breaker, permit } = onTheEdge(state)

      resetBreaker(breaker)
      settlePermit(breaker, permit, 'failure', PROBE_MS)

      expect(breaker.state).toBe('closed')
      expect(breaker.consecutiveFailures).toBe(0)
      expect(untilProbeMs(breaker, PROBE_MS)).toBe(0)
    },
  )
})
