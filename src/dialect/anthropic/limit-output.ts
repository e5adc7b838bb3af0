import { type Json, tryObject } from '../../core/json.ts'

/** The least that the vendor takes as a budget of thinking. */
const THINKING_TOKENS_MIN = 1_024

/**
 * The output limit, and with it a budget of thinking that would not fit under it any more, which the vendor refuses:
 * half of the limit, so that an answer may follow; no thinking where not even the least of it fits.
 */
export function limitOutput(json: Json, tokens: number): Readonly<Record<string, unknown>> {
  const thinking = tryObject(json.thinking)
  const budget = thinking?.budget_tokens
  if (typeof budget !== 'number' || budget < tokens) return { max_tokens: tokens }
  const fitting = fittingBudget(budget, tokens)
  return {
    max_tokens: tokens,
    thinking: fitting === null ? { type: 'disabled' } : { ...thinking, budget_tokens: fitting },
  }
}

/** A budget of thinking under an output limit; `null` where not even the least fits. */
export function fittingBudget(budgetTokens: number, limitTokens: number): number | null {
  if (budgetTokens < limitTokens) return budgetTokens
  return limitTokens <= THINKING_TOKENS_MIN ? null : Math.max(THINKING_TOKENS_MIN, Math.floor(limitTokens / 2))
}
