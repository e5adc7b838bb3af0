import type { UpstreamProfile } from '../../core/dialect.ts'
import type { Effort, Reasoning } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { isAbsent } from './read-members.ts'

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const satisfies Effort[]

/** The effort that a client of either of OpenAI's dialects asks for. Throws `invalid_request` with the path. */
export function decodeEffort(value: unknown, path: string): Reasoning {
  if (isAbsent(value)) return { type: 'unset' }
  const effort = EFFORTS.find((known) => known === value)
  if (effort === undefined) throw invalid(path, `must be one of ${EFFORTS.join(', ')}`)
  return { type: effort === 'none' ? 'off' : 'adaptive', effort }
}

/** Upper ends of thinking budgets, in tokens, that `low` and `medium` stand for; above is `high`. */
const LOW_BUDGET_TOKENS = 4_096
const MEDIUM_BUDGET_TOKENS = 16_384

/** OpenAI's models that think whatever they are asked: up to GPT-5. */
const ALWAYS_THINKS = /(?:^|\/|databricks-)(?:gpt-5(?![.-]\d(?!\d))|o\d)/

/** Those that know no more than `high`: up to GPT-5.1, of which one is the first that knows more. */
const UP_TO_HIGH = /(?:^|\/|databricks-)(?:gpt-5(?![.-][2-9](?!\d)|[.-]1-codex-max)|o\d)/

/**
 * The effort to ask for, no higher than the server and the model know, and the least for one that cannot do without;
 * `null` if the request says nothing about thinking.
 */
export function effortOf(
  reasoning: Reasoning,
  { model, quirks }: Pick<UpstreamProfile, 'model' | 'quirks'>,
): Effort | null {
  const effort = askedEffort(reasoning)
  if (effort === 'none' && ALWAYS_THINKS.test(model)) return 'low'
  if (effort !== 'max' && effort !== 'xhigh') return effort
  const most = UP_TO_HIGH.test(model) ? 'high' : (quirks.reasoningEffortMax ?? 'high')
  return most === 'max' ? effort : most
}

/** A switched-off mind outranks an effort, a named effort outranks a budget. */
function askedEffort(reasoning: Reasoning): Effort | null {
  if (reasoning.type === 'off') return 'none'
  if (reasoning.effort !== undefined) return reasoning.effort
  if (reasoning.type !== 'budget') return null
  if (reasoning.budgetTokens <= LOW_BUDGET_TOKENS) return 'low'
  return reasoning.budgetTokens <= MEDIUM_BUDGET_TOKENS ? 'medium' : 'high'
}
