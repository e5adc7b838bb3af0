import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ERROR_TRAITS, type ErrorKind } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import { decideRetry, RETRY, type RetryDecision, type RetryFacts } from '../../src/resilience/retry-decision.ts'
import { factsOf, failure } from './facts.ts'
import { isFull, runSeed } from './seed.ts'

const KINDS = Object.keys(ERROR_TRAITS) as ErrorKind[]
const EVERYTHING = { hasNextKey: true, hasNextTarget: true } as const

function decide(changes: Partial<RetryFacts> = {}): RetryDecision {
  return decideRetry(factsOf(changes), RETRY, () => 0.5)
}

function summary(decision: RetryDecision): string {
  if (decision.type === 'retry') return `retry after ${decision.delayMs} ms`
  return decision.type === 'give_up' ? `give up, x-should-retry ${decision.shouldRetry}` : decision.type
}

describe('by the kind of failure', () => {
  const table: readonly (readonly [ErrorKind, string, string])[] = [
    ['invalid_request', 'give up, x-should-retry null', 'give up, x-should-retry null'],
    ['budget_exhausted', 'give up, x-should-retry false', 'give up, x-should-retry false'],
    ['overloaded', 'give up, x-should-retry true', 'give up, x-should-retry true'],
    ['circuit_open', 'give up, x-should-retry true', 'next_target'],
    ['upstream_rate_limited', 'retry after 250 ms', 'next_key'],
    ['upstream_auth', 'give up, x-should-retry false', 'next_key'],
    ['upstream_quota', 'give up, x-should-retry false', 'next_key'],
    ['upstream_error', 'retry after 250 ms', 'retry after 250 ms'],
    ['upstream_unreachable', 'retry after 250 ms', 'retry after 250 ms'],
    ['upstream_timeout', 'retry after 250 ms', 'next_target'],
    ['upstream_malformed', 'retry after 250 ms', 'retry after 250 ms'],
    ['upstream_rejected', 'give up, x-should-retry null', 'give up, x-should-retry null'],
    ['stream_interrupted', 'give up, x-should-retry null', 'give up, x-should-retry null'],
    ['client_closed', 'give up, x-should-retry null', 'give up, x-should-retry null'],
    ['internal', 'give up, x-should-retry null', 'give up, x-should-retry null'],
  ]

  test.each(table)('%s, first attempt: alone, %s; with another key and target, %s', (kind, alone, withOthers) => {
    const error = failure(kind)

    expect(summary(decide({ error }))).toBe(alone)
    expect(summary(decide({ error, ...EVERYTHING }))).toBe(withOthers)
  })
})

describe('moving on', () => {
  test('a target that failed twice is left for the next one', () => {
    expect(decide({ attempts: 2, attemptsHere: 2, hasNextTarget: true })).toEqual({ type: 'next_target' })
  })

  test('an empty retry budget moves on at once, or gives up', () => {
    expect(decide({ hasRetryToken: false, hasNextTarget: true })).toEqual({ type: 'next_target' })
    expect(decide({ hasRetryToken: false })).toEqual({ type: 'give_up', shouldRetry: null })
  })

  test("a client's own credential has no other key, and its refusal is the client's to judge", () => {
    const error = failure('upstream_auth')

    expect(decide({ error, isClientCredential: true, ...EVERYTHING })).toEqual({ type: 'give_up', shouldRetry: null })
    expect(decide({ error, isClientCredential: true, hasNextKey: true })).toEqual({
      type: 'give_up',
      shouldRetry: null,
    })
  })

  test.each([
    [2, 'retry'],
    [3, 'give_up'],
    [4, 'give_up'],
  ] as const)('after attempt %i the request is in for: %s', (attempts, type) => {
    expect(decide({ attempts, attemptsHere: attempts }).type).toBe(type)
  })

  test.each([
    [0, 1, 'retry'],
    [1, 1, 'retry'],
    [1, 2, 'give_up'],
    [2, 1, 'give_up'],
    [9_999, 1, 'give_up'],
  ] as const)('a client on its retry %i, after attempt %i of ours: %s', (clientRetries, attempts, type) => {
    expect(decide({ clientRetryCount: clientRetries, attempts, attemptsHere: attempts }).type).toBe(type)
  })

  test('a client that retries still gets the next target', () => {
    expect(decide({ clientRetryCount: 9, hasNextTarget: true })).toEqual({ type: 'next_target' })
  })
})

test('the second wait at a target is drawn from twice the range of the first', () => {
  const delays = [1, 2].map((attempts) => summary(decide({ attempts, attemptsHere: attempts })))

  expect(delays).toEqual(['retry after 250 ms', 'retry after 500 ms'])
})

describe("the upstream's word", () => {
  test('x-should-retry: false ends tries here, goes through to the client, and says nothing about another target', () => {
    const error = failure('upstream_error', {}, 'false')

    expect(decide({ error })).toEqual({ type: 'give_up', shouldRetry: false })
    expect(decide({ error, hasNextTarget: true })).toEqual({ type: 'next_target' })
  })

  test('x-should-retry: true retries what would otherwise be final, and goes through once attempts are spent', () => {
    const error = failure('upstream_rejected', {}, 'true')

    expect(decide({ error }).type).toBe('retry')
    expect(decide({ error, attempts: 3, attemptsHere: 3 })).toEqual({ type: 'give_up', shouldRetry: true })
  })

  test.each([
    [0, 'retry after 250 ms'],
    [1_500, 'retry after 1750 ms'],
    [8_000, 'retry after 8250 ms'],
    [8_001, 'give up, x-should-retry null'],
    [1e9 * 1_000, 'give up, x-should-retry null'],
    [Number.POSITIVE_INFINITY, 'give up, x-should-retry null'],
    [-1, 'retry after 250 ms'],
    [Number.NaN, 'retry after 250 ms'],
    [Number.NEGATIVE_INFINITY, 'retry after 250 ms'],
    [Date.UTC(1970, 0, 1) - Date.UTC(2026, 0, 1), 'retry after 250 ms'],
  ])('a Retry-After of %p ms: %s', (retryAfterMs, expected) => {
    expect(summary(decide({ error: failure('upstream_rate_limited', { retryAfterMs }) }))).toBe(expected)
  })

  test.each([
    [250, 'give_up'],
    [251, 'retry'],
    [0, 'give_up'],
    [-5, 'give_up'],
    [Number.NaN, 'give_up'],
  ] as const)('with %p ms left before the deadline and a delay of 250 ms: %s', (remainingMs, type) => {
    expect(decide({ remainingMs }).type).toBe(type)
  })
})

test('whatever the facts: no try after the third attempt, no wait past the deadline or below Retry-After', () => {
  const hostile = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }),
    fc.double(),
    fc.constantFrom(Number.NaN, -1, 1e12, Number.POSITIVE_INFINITY),
  )
  const facts = fc.record({
    kind: fc.constantFrom(...KINDS),
    retryAfterMs: hostile,
    told: fc.constantFrom('true', 'false', 'maybe'),
    attempts: fc.integer({ min: 1, max: 5 }),
    remainingMs: hostile,
    clientRetryCount: fc.integer({ min: 0, max: 9_999 }),
    isClientCredential: fc.boolean(),
    hasNextKey: fc.boolean(),
    hasNextTarget: fc.boolean(),
    hasRetryToken: fc.boolean(),
    seed: fc.integer(),
  })

  fc.assert(
    fc.property(facts, ({ kind, retryAfterMs, told, seed, ...rest }) => {
      const error = failure(kind, { retryAfterMs }, told)
      const decision = decideRetry(factsOf({ ...rest, error, attemptsHere: 1 }), RETRY, seededRandom(seed))
      if (decision.type === 'give_up') return
      expect(rest.attempts >= 3 || kind === 'client_closed').toBe(false)
      if (decision.type !== 'retry') return
      expect(rest.hasRetryToken).toBe(true)
      expect(decision.delayMs).toBeGreaterThanOrEqual(Math.max(0, retryAfterMs || 0))
      expect(decision.delayMs).toBeLessThan(rest.remainingMs)
      expect(decision.delayMs).toBeLessThan(2 * RETRY.capMs)
    }),
    { seed: runSeed | 0, numRuns: isFull ? 100_000 : 1_000 },
  )
})
