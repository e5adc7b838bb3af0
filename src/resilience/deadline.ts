import { DEADLINE_MS_MAX } from '../core/limits.ts'

/** What a request may take over all its attempts when the client does not say. */
const DEADLINE_MS = 600_000

const SECONDS = /^\d{1,12}(\.\d{1,9})?$/

/**
 * Time that a request may take over all its attempts, retries and waits included.
 *
 * The client's `X-Stainless-Timeout` (seconds, whole or fractional) wins, up to `DEADLINE_MS_MAX`. What is no positive
 * decimal number is ignored; so is 0, which SDKs send for a timeout under one second.
 *
 * @param stainlessTimeout the header's value, or `null`
 */
export function deadlineMs(stainlessTimeout: string | null): number {
  if (stainlessTimeout === null || !SECONDS.test(stainlessTimeout)) return DEADLINE_MS
  const askedMs = Number(stainlessTimeout) * 1_000
  return askedMs > 0 ? Math.min(askedMs, DEADLINE_MS_MAX) : DEADLINE_MS
}

/**
 * How often the client has already repeated this request, from `x-stainless-retry-count`. Anything but a small whole
 * number is 0, so that a hostile header only gets what a new request gets.
 */
export function clientRetryCount(header: string | null): number {
  return header !== null && /^\d{1,4}$/.test(header) ? Number(header) : 0
}
