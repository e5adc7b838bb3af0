import type { Envelope } from '../../core/dialect.ts'
import { asWire } from './wire.ts'

/** The least that the vendor takes as a budget of thinking. */
const THINKING_TOKENS_MIN = 1_024

/**
 * The output limit, and with it a budget of thinking that would not fit under it any more, which the vendor refuses:
 * half of the limit, so that an answer may follow; no thinking where not even the least of it fits.
 */
export function limitOutput({ json }: Envelope, tokens: number): Readonly<Record<string, unknown>> {
  const thinking = asWire(json.thinking)
  const budget = thinking?.budget_tokens
  if (typeof budget !== 'number' || budget < tokens) return { max_tokens: tokens }
  if (tokens <= THINKING_TOKENS_MIN) return { max_tokens: tokens, thinking: { type: 'disabled' } }
  const fitting = Math.max(THINKING_TOKENS_MIN, Math.floor(tokens / 2))
  return { max_tokens: tokens, thinking: { ...thinking, budget_tokens: fitting } }
}
