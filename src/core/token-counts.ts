/**
 * Tokens of one response. The four billed counts are disjoint: their sum is all tokens the upstream saw or made.
 *
 * `cacheWrite1hTokens` is the part of `cacheWriteTokens` with the one-hour lifetime, which costs more.
 * `reasoningTokens` is the part of `outputTokens` spent on thinking; informative, never added.
 */
export interface TokenCounts {
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly cacheWrite1hTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}
