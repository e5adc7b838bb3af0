import { describe, expect, test } from 'bun:test'
import { openMemoryRateLimiter, rateLimitedError } from '../../src/budget/rate-limit.ts'
import { describeRateLimiter } from '../support/rate-contract.ts'

describe('rate limits in memory', () => describeRateLimiter(openMemoryRateLimiter))

test('a refusal says what is limited and when to come back', () => {
  const error = rateLimitedError({ kind: 'limited', name: 'key:k', unit: 'tokens', retryAfterMs: 1_500 })

  expect([error.kind, error.message, error.detail.retryAfterMs]).toEqual([
    'rate_limited',
    'the limit of tokens per minute is reached',
    1_500,
  ])
})
