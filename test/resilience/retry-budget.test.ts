import { describe, expect, test } from 'bun:test'
import { seededRandom } from '../../src/core/random.ts'
import { admit, BREAKER, newBreaker, settlePermit } from '../../src/resilience/breaker.ts'
import { canRetry, earn, newRetryBudget, trySpend } from '../../src/resilience/retry-budget.ts'
import { decideRetry, RETRY } from '../../src/resilience/retry-decision.ts'
import { factsOf } from './facts.ts'

describe('a retry budget', () => {
  test('grants ten retries from the start, and no eleventh', () => {
    const budget = newRetryBudget(0)

    const granted = Array.from({ length: 11 }, () => trySpend(budget, 0))

    expect(granted.filter(Boolean)).toHaveLength(10)
    expect(granted.at(-1)).toBe(false)
  })

  test('earns one retry with ten successes', () => {
    const budget = newRetryBudget(0)
    for (let i = 0; i < 10; i++) trySpend(budget, 0)

    const canRetryAfter = Array.from({ length: 11 }, () => {
      earn(budget, 0)
      return canRetry(budget, 0)
    })

    expect(canRetryAfter.indexOf(true)).toBeGreaterThanOrEqual(9)
    expect(canRetryAfter.at(-1)).toBe(true)
  })

  test('gives its floor back to a user who has spent it, and forgets a surplus, within minutes', () => {
    const spent = newRetryBudget(0)
    for (let i = 0; i < 10; i++) trySpend(spent, 0)
    const rich = newRetryBudget(0)
    for (let i = 0; i < 10_000; i++) earn(rich, 0)

    const both = [spent, rich].map((budget) => {
      canRetry(budget, 300_000)
      return Math.round(budget.tokens)
    })

    expect(both).toEqual([10, 10])
  })

  test('is not confused by a clock that stands still or steps back', () => {
    const budget = newRetryBudget(1_000)

    const granted = [1_000, 1_000, 0, -5, Number.NaN].map((nowMs) => trySpend(budget, nowMs))

    expect(granted).toEqual([true, true, true, true, true])
    expect(budget.tokens).toBe(5)
  })
})

interface Outage {
  readonly rps: number
  readonly healthySeconds: number
  readonly hasBreaker: boolean
}

/** Plays 60 s of total outage on a virtual clock, after a healthy time. Returns attempts per request of the outage. */
function amplification({ rps, healthySeconds, hasBreaker }: Outage): number {
  const random = seededRandom(42)
  const budget = newRetryBudget(0)
  const breaker = newBreaker(BREAKER)
  const due = new Map<number, number[]>()
  const outageMs = healthySeconds * 1_000
  const endMs = outageMs + 60_000
  let requests = 0
  let attempts = 0

  function attempt(nowMs: number, number: number): void {
    const permit = hasBreaker ? admit(breaker, nowMs) : 0
    if (permit < 0) return
    if (nowMs < outageMs) return earn(budget, nowMs)
    attempts += 1
    if (hasBreaker) settlePermit(breaker, permit, 'failure', nowMs)
    const hasRetryToken = canRetry(budget, nowMs)
    const facts = factsOf({ attempts: number, attemptsHere: number, hasRetryToken })
    const decision = decideRetry(facts, RETRY, random)
    if (decision.type !== 'retry' || !trySpend(budget, nowMs)) return
    const atMs = nowMs + Math.max(1, decision.delayMs)
    due.set(atMs, [...(due.get(atMs) ?? []), number + 1])
  }

  for (let nowMs = 0; nowMs < endMs + 20_000; nowMs++) {
    if (nowMs < endMs && nowMs % (1_000 / rps) === 0) {
      if (nowMs >= outageMs) requests += 1
      attempt(nowMs, 1)
    }
    for (const number of due.get(nowMs) ?? []) attempt(nowMs, number)
    due.delete(nowMs)
  }
  return attempts / requests
}

describe('a total outage of 60 s', () => {
  test.each([
    [200, 0, 1.005],
    [200, 120, 1.06],
    [20, 120, 1.08],
    [10, 120, 1.1],
  ])(
    'at %i requests a second after %i healthy seconds costs at most %f attempts a request',
    (rps, healthySeconds, most) => {
      const measured = amplification({ rps, healthySeconds, hasBreaker: false })

      expect(measured).toBeGreaterThan(1)
      expect(measured).toBeLessThanOrEqual(most)
    },
  )

  test('reaches the upstream with less than one request in a hundred, once breaker and budget work together', () => {
    expect(amplification({ rps: 200, healthySeconds: 60, hasBreaker: true })).toBeLessThan(0.01)
  })
})
