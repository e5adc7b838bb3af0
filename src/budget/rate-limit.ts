import { ProxyError } from '../core/errors.ts'
import { type RateLimits, type RateRoom, roomOf } from './rate-room.ts'

/** One thing that is limited: `key:k1`. */
export interface RateLimited {
  readonly name: string
  readonly limits: RateLimits
}

export type RateUnit = 'requests' | 'tokens' | 'concurrent'

export type RateVerdict =
  | { readonly kind: 'admitted'; readonly permit: RatePermit }
  | { readonly kind: 'limited'; readonly name: string; readonly unit: RateUnit; readonly retryAfterMs: number }

/** A running request's place. `release` gives its concurrency slot back and corrects its tokens; the second call does nothing. */
export interface RatePermit {
  /** What is left, this request counted: the scarcest limit of each unit. */
  readonly room: readonly RateRoom[]
  /** @param actualTokens what was used; `null` leaves the estimate charged */
  release(actualTokens: number | null, wallMs: number): void
}

/** Shared limits, atomic over all that are named: all admit, or none is charged. */
export interface RateLimiter {
  acquire(limited: readonly RateLimited[], tokens: number, wallMs: number): Promise<RateVerdict>
}

const MINUTE_MS = 60_000

/** Most that a bucket can lack, whatever a request has used: below the hour that tells a clock that went back. */
const DEBT_MS_MAX = 55 * MINUTE_MS

/** Counters in memory: one per limited thing. Full ones are forgotten first, which costs nothing. */
const COUNTERS_MAX = 50_000

interface Counter {
  /** Wall time at which the bucket is full again (generic cell rate algorithm); never more than an hour ahead. */
  requestsFullMs: number
  tokensFullMs: number
  running: number
}

/**
 * Limits of one process. A limit of n per minute is a bucket of n that refills evenly, so that a burst of n is fine and
 * the next comes after 60/n s: no edge of a minute lets 2n through.
 *
 * A clock that goes back more than an hour starts full buckets anew instead of blocking until it has caught up.
 */
export function openMemoryRateLimiter(): RateLimiter {
  const counters = new Map<string, Counter>()

  function counterOf(name: string, wallMs: number): Counter {
    const known = counters.get(name)
    if (known !== undefined) return known
    if (counters.size >= COUNTERS_MAX) forget(counters, wallMs)
    const fresh = { requestsFullMs: 0, tokensFullMs: 0, running: 0 }
    counters.set(name, fresh)
    return fresh
  }

  return {
    acquire(limited, tokens, wallMs) {
      const mine = limited.map((one) => ({ ...one, counter: counterOf(one.name, wallMs) }))
      for (const { name, limits, counter } of mine) {
        const blocked = blockedBy(counter, limits, tokens, wallMs)
        if (blocked !== null) return Promise.resolve({ kind: 'limited', name, ...blocked })
      }
      for (const { limits, counter } of mine) {
        counter.running++
        if (limits.requestsPerMinute !== null) {
          counter.requestsFullMs = pushed(counter.requestsFullMs, 1, limits.requestsPerMinute, wallMs)
        }
        if (limits.tokensPerMinute !== null) {
          counter.tokensFullMs = pushed(counter.tokensFullMs, tokens, limits.tokensPerMinute, wallMs)
        }
      }
      return Promise.resolve({ kind: 'admitted', permit: permitOf(mine, tokens, wallMs) })
    },
  }
}

/** 429 with the time after which a retry is admitted, if nobody else comes first. */
export function rateLimitedError(verdict: RateVerdict & { kind: 'limited' }): ProxyError {
  const what = verdict.unit === 'concurrent' ? 'concurrent requests' : `${verdict.unit} per minute`
  return new ProxyError('rate_limited', `the limit of ${what} is reached`, {
    detail: { retryAfterMs: verdict.retryAfterMs, facts: { limited: verdict.name, unit: verdict.unit } },
  })
}

function blockedBy(
  counter: Counter,
  limits: RateLimits,
  tokens: number,
  wallMs: number,
): { unit: RateUnit; retryAfterMs: number } | null {
  if (limits.concurrentRequests !== null && counter.running >= limits.concurrentRequests) {
    return { unit: 'concurrent', retryAfterMs: 1_000 }
  }
  const requestsWaitMs = waitFor(counter.requestsFullMs, 1, limits.requestsPerMinute, wallMs)
  if (requestsWaitMs > 0) return { unit: 'requests', retryAfterMs: requestsWaitMs }
  const tokensWaitMs = waitFor(counter.tokensFullMs, tokens, limits.tokensPerMinute, wallMs)
  return tokensWaitMs > 0 ? { unit: 'tokens', retryAfterMs: tokensWaitMs } : null
}

/** Ms until `amount` fits. An amount above the whole limit fits when the bucket is full: it is paid for afterwards. */
function waitFor(fullMs: number, amount: number, perMinute: number | null, wallMs: number): number {
  if (perMinute === null) return 0
  if (perMinute === 0) return MINUTE_MS
  const debtMs = debtAt(fullMs, wallMs)
  // Rounded, not rounded up: the sum of n n-ths of a minute is a hair more or less than the minute.
  return Math.max(0, Math.round(debtMs + (Math.min(amount, perMinute) * MINUTE_MS) / perMinute - MINUTE_MS))
}

function pushed(fullMs: number, amount: number, perMinute: number, wallMs: number): number {
  const debtMs = debtAt(fullMs, wallMs) + (amount * MINUTE_MS) / Math.max(1, perMinute)
  return wallMs + Math.min(DEBT_MS_MAX, Math.max(0, debtMs))
}

/** What of an estimate counts: more than fits into the longest debt was never added to it. */
export function countedTokens(tokens: number, perMinute: number): number {
  return Math.min(tokens, (perMinute * DEBT_MS_MAX) / MINUTE_MS)
}

/** What is missing in the bucket, as time. More than an hour of debt can only come from a clock that went back. */
function debtAt(fullMs: number, wallMs: number): number {
  const debtMs = fullMs - wallMs
  return debtMs > 60 * MINUTE_MS ? 0 : Math.max(0, debtMs)
}

function permitOf(
  mine: readonly (RateLimited & { readonly counter: Counter })[],
  tokens: number,
  wallMs: number,
): RatePermit {
  let isReleased = false
  const debts = mine.map(({ limits, counter }) => ({
    limits,
    requestsMs: debtAt(counter.requestsFullMs, wallMs),
    tokensMs: debtAt(counter.tokensFullMs, wallMs),
  }))
  return {
    room: roomOf(debts),
    release(actualTokens, wallMs) {
      if (isReleased) return
      isReleased = true
      for (const { counter, limits } of mine) {
        counter.running--
        const perMinute = limits.tokensPerMinute
        if (actualTokens === null || perMinute === null) continue
        const correction = actualTokens - countedTokens(tokens, perMinute)
        counter.tokensFullMs = pushed(counter.tokensFullMs, correction, perMinute, wallMs)
      }
    },
  }
}

function forget(counters: Map<string, Counter>, wallMs: number): void {
  for (const [name, counter] of counters) {
    if (counter.running === 0 && counter.requestsFullMs <= wallMs && counter.tokensFullMs <= wallMs) {
      counters.delete(name)
    }
  }
  for (const [name, counter] of counters) {
    if (counters.size < COUNTERS_MAX) return
    if (counter.running === 0) counters.delete(name)
  }
}
