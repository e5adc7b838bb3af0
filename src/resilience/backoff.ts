import type { Random } from '../core/random.ts'

/** `baseMs` bounds the first delay and doubles with every attempt until `capMs`. */
export interface BackoffOptions {
  readonly baseMs: number
  readonly capMs: number
}

export const BACKOFF: BackoffOptions = { baseMs: 500, capMs: 8_000 }

/**
 * Delay before the next attempt: exponential with full jitter, on top of what the upstream asked for. On top, and not
 * the larger of both, so that the clients of one Retry-After do not all come back in the same millisecond.
 *
 * `retryAfterMs + random(0, min(capMs, baseMs · 2^(attempt-1)))`; second attempt after "2 s": 2,000 to 2,999 ms.
 *
 * @param attempt       1-based count of attempts already made
 * @param retryAfterMs  upstream's Retry-After in ms; 0 if absent, and never negative
 * @param random        uniform in [0, 1)
 * @returns delay in whole ms, unless `retryAfterMs` is fractional; below `retryAfterMs + capMs`
 * @see Brooker 2015, "Exponential Backoff And Jitter" (AWS Architecture Blog)
 */
export function backoffMs(attempt: number, retryAfterMs: number, options: BackoffOptions, random: Random): number {
  const ceilingMs = Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1))
  return retryAfterMs + Math.floor(random() * ceilingMs)
}
