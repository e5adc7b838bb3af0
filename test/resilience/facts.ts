import { type ErrorDetail, type ErrorKind, ProxyError } from '../../src/core/errors.ts'
import type { RetryFacts } from '../../src/resilience/retry-decision.ts'

/** An upstream's failure, optionally with its `x-should-retry`. */
export function failure(kind: ErrorKind, detail: ErrorDetail = {}, shouldRetry?: string): ProxyError {
  const headers = new Headers(shouldRetry === undefined ? {} : { 'x-should-retry': shouldRetry })
  const upstream = { status: 500, headers, body: new Uint8Array() }
  return new ProxyError(kind, 'scripted', { detail: { upstream, ...detail } })
}

/** A first attempt that failed with an upstream's 500, with everything in favour of a retry and nobody else to ask. */
export function factsOf(changes: Partial<RetryFacts> = {}): RetryFacts {
  return {
    error: failure('upstream_error'),
    attempts: 1,
    attemptsHere: 1,
    remainingMs: 600_000,
    clientRetryCount: 0,
    isClientCredential: false,
    hasNextKey: false,
    hasNextTarget: false,
    hasRetryToken: true,
    ...changes,
  }
}
