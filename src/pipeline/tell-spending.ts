import type { RateRoom } from '../budget/rate-room.ts'
import type { ErrorEnvelope } from '../core/errors.ts'
import type { Attempt } from './attempt.ts'

/** What the client should know of its money: budgets nearly spent, and lynkr's limits where it is not shown another's. */
export function tellSpending({ deps, exchange }: Pick<Attempt, 'deps' | 'exchange'>, headers: Headers): void {
  const { bill, inbound, ownsAccount } = exchange
  const warning = bill.warning()
  if (warning !== null) headers.set('x-lynkr-budget', warning)
  if (!ownsAccount) tellLimits(headers, bill.room(), inbound.surface.errorEnvelope, deps.clock.wallMs())
}

/**
 * What is left under lynkr's own limits, in the headers of the client's vendor: they stand where those of a shared
 * credential would, which are nobody's business.
 *
 * @see Anthropic, "Rate limits: response headers"; OpenAI, "Rate limits in headers" (public docs, 2026-08)
 */
function tellLimits(headers: Headers, rooms: readonly RateRoom[], envelope: ErrorEnvelope, wallMs: number): void {
  for (const { unit, limit, remaining, fullInMs } of rooms) {
    if (envelope === 'anthropic') {
      const name = `anthropic-ratelimit-${unit}`
      headers.set(`${name}-limit`, String(limit))
      headers.set(`${name}-remaining`, String(remaining))
      headers.set(`${name}-reset`, `${new Date(wallMs + fullInMs).toISOString().slice(0, 19)}Z`)
    } else {
      headers.set(`x-ratelimit-limit-${unit}`, String(limit))
      headers.set(`x-ratelimit-remaining-${unit}`, String(remaining))
      headers.set(`x-ratelimit-reset-${unit}`, `${(fullInMs / 1_000).toFixed(3)}s`)
    }
  }
}
