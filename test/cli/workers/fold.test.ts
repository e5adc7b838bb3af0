import { describe, expect, test } from 'bun:test'
import { foldBreakers, foldHealth, foldShedding } from '../../../src/cli/workers/fold.ts'
import type { SheddingFacts } from '../../../src/cli/workers/protocol.ts'
import { type HealthReport, healthReport, type PartHealth } from '../../../src/http/health.ts'
import type { BreakerSnapshot } from '../../../src/resilience/breakers.ts'

const GOOD: PartHealth = { healthy: true, detail: 'good' }
const ILL: PartHealth = { healthy: false, detail: 'ill' }
const report = (parts: Partial<HealthReport> = {}): HealthReport =>
  healthReport({ database: GOOD, memory: GOOD, shutdown: GOOD, providers: { a: GOOD, b: GOOD }, ...parts })
const ALL_THERE = { wanted: 2, ready: 2 }

describe('the health of several workers', () => {
  test.each([
    ['database', { database: ILL }, 'degraded', ['database']],
    ['provider', { providers: { a: GOOD, b: ILL } }, 'degraded', ['providers.b']],
    ['memory', { memory: ILL }, 'unready', []],
    ['shutdown', { shutdown: ILL }, 'unready', []],
  ] as const)('is as bad as the %s of any', (_, parts, status, degraded) => {
    for (const order of [[report(parts), report()] as const, [report(), report(parts)] as const]) {
      const folded = foldHealth(order, ALL_THERE)

      expect([folded.status, folded.degraded]).toEqual([status, [...degraded]])
    }
  })

  test('with one of them missing is degraded, and says how many serve', () => {
    const folded = foldHealth([report()], { wanted: 2, ready: 1 })

    expect([folded.status, folded.degraded]).toEqual(['degraded', ['workers']])
    expect(folded.workers?.detail).toBe('1 of 2 workers serve')
  })

  test('names no workers where there is one process', () => {
    expect(foldHealth([report()], null)).toEqual(report())
  })
})

const breaker = (changes: Partial<BreakerSnapshot> = {}): BreakerSnapshot => ({
  name: 'a/m',
  provider: 'a',
  model: 'm',
  state: 'closed',
  consecutiveFailures: 1,
  requests: 10,
  failures: 2,
  trips: 1,
  openedAt: null,
  nextProbe: null,
  ...changes,
})

test('a breaker of several workers is in the worst state, and has counted what all have', () => {
  const open = breaker({ state: 'open', openedAt: 'then', nextProbe: 'soon', consecutiveFailures: 5 })

  const folded = foldBreakers([[breaker()], [open, breaker({ name: 'a/n', model: 'n' })]])

  expect(folded).toEqual([{ ...open, requests: 20, failures: 4, trips: 2 }, breaker({ name: 'a/n', model: 'n' })])
})

test('what workers admit adds up; a class that one refuses is refused; of the signals the worst counts', () => {
  const facts = (now: number, isShedding: boolean): SheddingFacts => ({
    active_requests: { now, threshold: 50, admitted: 40 },
    memory: { now: now / 100, threshold: 0.85 },
    heap: { now: 0, threshold: 0.9 },
    loop_lag_seconds: { now: 0, threshold: 0.5 },
    pressure: now / 10,
    classes: { main: { limit: 40, shedding: isShedding, reason: isShedding ? 'memory' : null } },
  })

  const folded = foldShedding([facts(3, false), facts(5, true)])

  expect(folded.active_requests).toEqual({ now: 8, threshold: 100, admitted: 80 })
  expect([folded.memory.now, folded.pressure]).toEqual([0.05, 0.5])
  expect(folded.classes.main).toEqual({ limit: 80, shedding: true, reason: 'memory' })
})
