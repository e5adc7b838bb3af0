import { REQUEST_CLASSES } from '../../src/core/request-class.ts'
import { admit, BREAKER, newBreaker, settlePermit } from '../../src/resilience/breaker.ts'
import { openBreakers } from '../../src/resilience/breakers.ts'
import { CONCURRENCY, leave, newConcurrencyLimit, tryEnter } from '../../src/resilience/concurrency-limit.ts'
import { openCooldowns } from '../../src/resilience/cooldown.ts'
import { requestClass } from '../../src/resilience/request-class.ts'
import { canRetry, earn, newRetryBudget } from '../../src/resilience/retry-budget.ts'
import { selectKey } from '../../src/resilience/select-key.ts'
import { newShedder, SHEDDER, shed } from '../../src/resilience/shedder.ts'
import type { MicroRow } from '../micro.ts'

/** Where results go, so that no run can be optimised away. */
const sink = { value: 0 }

const breaker = newBreaker(BREAKER)
const openOne = { ...newBreaker(BREAKER), state: 'open' as const }
const breakers = openBreakers(BREAKER, 1_000)
const shedder = newShedder(SHEDDER)
const budget = newRetryBudget(0)
const limit = newConcurrencyLimit(CONCURRENCY, 0)
const cooldowns = openCooldowns(1_000)
cooldowns.cool('a', 'other', 1, 0)
const HEADERS = { requestClass: null, agentId: null, parentAgentId: null }
const CREDENTIALS = ['a', 'b', 'c']

export const rows: readonly MicroRow[] = [
  {
    name: 'circuit breaker, closed: admit + settle',
    reportOpsPerSecond: 4_300_000,
    targetNs: 50,
    run(iterations) {
      for (let i = 0; i < iterations; i++) settlePermit(breaker, admit(breaker, i * 0.001), 'success', i * 0.001)
      sink.value += breaker.window.requests
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
        settlePermit(found, admit(found, i * 0.001), 'success', i * 0.001)
      }
    },
  },
  {
    name: 'load shedding check',
    reportOpsPerSecond: 7_600_000,
    targetNs: 20,
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        if (shed(shedder, REQUEST_CLASSES[i & 3] ?? 'main', i & 1_023) === null) sink.value += 1
      }
    },
  },
  {
    name: 'request class from headers',
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += requestClass(HEADERS).length
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
    name: 'key selection, another model cooling',
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        const question = { credentials: CREDENTIALS, model: 'm', start: i, nowMs: 0 }
        sink.value += selectKey(cooldowns, question).type.length
      }
    },
  },
]
