import type { ChatRequest, Reasoning } from '../../core/request.ts'
import { outputLimit } from '../output-limit.ts'
import { claudeVersion } from './claude-version.ts'
import type { Drop } from './encode-block.ts'
import { fitEffort } from './fit-effort.ts'
import { fittingBudget } from './limit-output.ts'
import { endsBehindThoughtless, wantsThought } from './thoughtless-call.ts'

/** The first that thinks as it sees fit; earlier ones refuse to be asked for it. */
export const ADAPTIVE_FROM = 46

/** The first that thinks in no other way: a budget is refused. */
export const ADAPTIVE_ONLY_FROM = 47

/**
 * What a model is asked about thinking, without what it would refuse the request for: an effort in the words of another
 * dialect means thinking as the model sees fit, which Claude does from 4.6 on. A budget is not put in its place: with
 * one, a model that is called in the middle of its tools wants its signed thoughts, which most clients cannot keep. No
 * Claude thinks where it is forced to call a tool, and those insist on the thought that led to a call they go on from.
 */
export function fitReasoning(request: Asked, model: string, drop: Drop): Reasoning {
  const version = claudeVersion(model)
  if (version === null) return request.reasoning
  const { effort, ...asked } = request.reasoning
  const others = asked.type === 'budget' && version >= ADAPTIVE_ONLY_FROM ? asAdaptive(asked) : asked
  const isAdaptive = others.type === 'adaptive'
  const isBudget = others.type === 'budget'
  const budgetTokens = others.type === 'budget' ? budgetOf(others.budgetTokens, request, model) : 0
  const isLost =
    budgetTokens === null ||
    (isAdaptive && version < ADAPTIVE_FROM) ||
    ((isAdaptive || isBudget) && isForced(request)) ||
    (isBudget && wantsThought(model) && endsBehindThoughtless(request.turns))
  if (isLost) drop('thinking')
  const fitted: Reasoning = isLost ? { type: 'unset' } : isBudget ? { ...others, budgetTokens } : others
  if (effort === undefined) return fitted
  const known = fitEffort(effort, model)
  if (known !== null) return { ...fitted, effort: known }
  drop('reasoning_effort')
  return fitted
}

function asAdaptive({ opaque }: Reasoning): Reasoning {
  return { type: 'adaptive', ...(opaque && { opaque }) }
}

type Asked = Pick<ChatRequest, 'reasoning' | 'toolChoice' | 'tools' | 'turns' | 'maxOutputTokens'>

/** A budget that fits under the limit of the answer, which is lower where the model puts out less than was asked for. */
function budgetOf(budgetTokens: number, { maxOutputTokens }: Asked, model: string): number | null {
  if (maxOutputTokens === undefined) return budgetTokens
  const limit = outputLimit(maxOutputTokens, { model, quirks: {} })
  return limit < maxOutputTokens ? fittingBudget(budgetTokens, limit) : budgetTokens
}

function isForced({ toolChoice, tools }: Asked): boolean {
  return (toolChoice.type === 'required' || toolChoice.type === 'tool') && tools.some(({ type }) => type === 'function')
}
