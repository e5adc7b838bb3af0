import { admit, BREAKER, newBreaker, settle } from '../../src/resilience/breaker.ts'
import { openBreakers } from '../../src/resilience/breakers.ts'
import { CONCURRENCY, leave, newConcurrencyLimit, tryEnter } from '../../src/resilience/concurrency-limit.ts'
import { openCooldowns } from '../../src/resilience/cooldown.ts'
import { requestClass } from '../../src/resilience/request-class.ts'
import { canRetry, earn, newRetryBudget } from '../../src/resilience/retry-budget.ts'
import { selectKey } from '../../src/resilience/select-key.ts'
import { newShedder, SHEDDER, shed } from '../../src/resilience/shedder.ts'

/** `reportOpsPerSecond` is the figure of the December-2025 report for the same operation, where it has one. */
export interface MicroRow {
  readonly name: string
  readonly reportOpsPerSecond?: number
  run(iterations: number): void
}

/** Where results go, so that no run can be optimised away. */
export const sink = { value: 0 }

const breaker = newBreaker(BREAKER)
const openOne = { ...newBreaker(BREAKER), state: 'open' as const }
const breakers = openBreakers(BREAKER, 1_000)
const shedder = newShedder(SHEDDER)
const budget = newRetryBudget(0)
const limit = newConcurrencyLimit(CONCURRENCY, 0)
const cooldowns = openCooldowns(1_000)
const HEADERS = { requestClass: null, agentId: null, parentAgentId: null }
const QUESTION = { credentials: ['a', 'b', 'c'], model: 'm', start: 1, nowMs: 0 }

export const rows: readonly MicroRow[] = [
  {
    name: 'circuit breaker, closed: admit + settle',
    reportOpsPerSecond: 4_300_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) settle(breaker, admit(breaker, i * 0.001), 'success', i * 0.001)
      sink.value += breaker.window.requests
    },
  },
  {
    name: 'circuit breaker, closed: admit',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += admit(breaker, i)
    },
  },
  {
    name: 'circuit breaker, open: refuse',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += admit(openOne, i % 50_000)
    },
  },
  {
    name: 'circuit breaker: find by provider and model, admit + settle',
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        const found = breakers.get('anthropic', 'claude-sonnet', i * 0.001)
        settle(found, admit(found, i * 0.001), 'success', i * 0.001)
      }
    },
  },
  {
    name: 'load shedding check',
    reportOpsPerSecond: 7_600_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) if (shed(shedder, 'main', i & 511) === null) sink.value += 1
    },
  },
  {
    name: 'request class from headers',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += requestClass(HEADERS, 'main').length
    },
  },
  {
    name: 'concurrency limit: enter + leave',
    run(iterations) {
      for (let i = 0; i < iterations; i++) if (tryEnter(limit, 'main')) leave(limit)
    },
  },
  {
    name: 'retry budget: earn + ask',
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        earn(budget, i)
        if (canRetry(budget, i)) sink.value += 1
      }
    },
  },
  {
    name: 'key selection, nothing cooling',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += selectKey(cooldowns, QUESTION).type.length
    },
  },
]
