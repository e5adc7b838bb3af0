import { type Extras, laterExtras } from './extras.ts'
import { TOKENS_MAX } from './limits.ts'
import type { TokenCounts } from './token-counts.ts'

/** What one response used: its tokens, and whatever else is billed, which most have none of. */
export interface Usage extends TokenCounts {
  readonly extras?: Extras
}

export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
})

/** The whole prompt as the upstream saw it: uncached + read from cache + written to cache. */
export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
}

/** All tokens of a response, prompt and output. */
export function totalTokens(usage: Usage): number {
  return promptTokens(usage) + usage.outputTokens
}

/**
 * Merges a later report of an answer's usage into an earlier one. Reports are cumulative: where a later one leaves out or
 * zeroes the prompt, or has fewer output tokens, that half of it is incomplete, and the earlier half stands.
 */
export function laterUsage(before: Usage | null, told: Usage): Usage {
  if (before === null) return told
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = promptTokens(told) > 0 ? told : before
  const { outputTokens, reasoningTokens } = told.outputTokens >= before.outputTokens ? told : before
  const prompt = { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens }
  return { ...prompt, outputTokens, reasoningTokens, ...laterExtras(before.extras, told.extras) }
}

/** A usage less a part of it; no count below 0. */
export function withoutPart(whole: Usage, part: TokenCounts): Usage {
  const rest = (count: (usage: TokenCounts) => number): number => Math.max(0, count(whole) - count(part))
  return {
    ...whole,
    inputTokens: rest((usage) => usage.inputTokens),
    cacheReadTokens: rest((usage) => usage.cacheReadTokens),
    cacheWriteTokens: rest((usage) => usage.cacheWriteTokens),
    cacheWrite1hTokens: rest((usage) => usage.cacheWrite1hTokens),
    outputTokens: rest((usage) => usage.outputTokens),
  }
}

/**
 * Reads a token count off the wire: a number from 0 to `TOKENS_MAX` is floored, anything else is 0.
 * Upstreams send `null`, omit fields, and now and then send fractions; a count must never become NaN in a ledger.
 */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= TOKENS_MAX ? Math.floor(value) : 0
}
