import { ProxyError } from '../core/errors.ts'
import type { BudgetUnit } from './rule.ts'
import type { Slice } from './slice.ts'
import type { WindowKind } from './window.ts'

const UNIT_WORD: Readonly<Record<BudgetUnit, string>> = { usd: 'spend', tokens: 'token', requests: 'request' }

const WINDOW_WORD: Readonly<Record<WindowKind, string>> = {
  minute: 'per minute',
  hour: 'hourly',
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
}

/**
 * A limit is reached: `spend limit reached (daily; resets 2026-11-23 00:00 UTC)`, the wording that Claude Code shows
 * verbatim and does not retry.
 *
 * @see Claude apps gateway, spend limits (public docs, 2026-08-22)
 */
export function limitReached(slice: Slice, needed: number, wallMs: number): ProxyError {
  const { rule, name } = slice.account
  const resets = `${new Date(slice.window.endWallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const tooLarge = needed > rule.cap ? '; this request alone could need more than the whole limit' : ''
  const message = `${UNIT_WORD[rule.unit]} limit reached (${WINDOW_WORD[rule.window]}; resets ${resets}${tooLarge})`
  return new ProxyError('budget_exhausted', message, {
    detail: {
      retryAfterMs: Math.max(0, slice.window.endWallMs - wallMs),
      resetsAtWallMs: slice.window.endWallMs,
      facts: { account: name, cap: rule.cap, needed },
    },
  })
}

/** The store cannot be asked and the slice does not cover the request: refused, because nobody can vouch for it. */
export function limitUnavailable(cause: unknown): ProxyError {
  return new ProxyError('budget_exhausted', 'spend limit unavailable', { cause })
}

/** A budget counts dollars and nobody knows what this model costs. */
export function priceUnknown(provider: string, model: string): ProxyError {
  return new ProxyError(
    'budget_exhausted',
    `the price of ${model} at ${provider} is unknown and a spend limit is in force; add it under "prices", or set a ceiling`,
  )
}
