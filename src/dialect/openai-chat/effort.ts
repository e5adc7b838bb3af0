import type { Quirks } from '../../core/dialect.ts'
import type { Effort, Reasoning } from '../../core/request.ts'

/** Upper ends of thinking budgets, in tokens, that `low` and `medium` stand for; above is `high`. */
const LOW_BUDGET_TOKENS = 4_096
const MEDIUM_BUDGET_TOKENS = 16_384

/** The effort to ask for, no higher than the server knows; `null` if the request says nothing about thinking. */
export function effortOf(reasoning: Reasoning, { reasoningEffortMax }: Quirks): Effort | null {
  const effort = askedEffort(reasoning)
  const isAboveHigh = effort === 'max' || effort === 'xhigh'
  const isTooHigh = isAboveHigh && reasoningEffortMax !== 'max' && reasoningEffortMax !== effort
  return isTooHigh ? (reasoningEffortMax ?? 'high') : effort
}

/** A switched-off mind outranks an effort, a named effort outranks a budget. */
function askedEffort(reasoning: Reasoning): Effort | null {
  if (reasoning.type === 'off') return 'none'
  if (reasoning.effort !== undefined) return reasoning.effort
  if (reasoning.type !== 'budget') return null
  if (reasoning.budgetTokens <= LOW_BUDGET_TOKENS) return 'low'
  return reasoning.budgetTokens <= MEDIUM_BUDGET_TOKENS ? 'medium' : 'high'
}
