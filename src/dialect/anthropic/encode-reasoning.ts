import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Effort, Reasoning } from '../../core/request.ts'
import { droppedName } from '../dropped.ts'
import type { Drop } from './encode-block.ts'

/** `thinking` and `output_config`. `others` are the unmodelled members of `output_config`. */
export function encodeReasoning({ reasoning, format }: ChatRequest, others: Json | null, drop: Drop): Json {
  if (format.type === 'json') drop('format.json')
  const effort = encodeEffort(reasoning.effort)
  const config = {
    ...others,
    ...(effort !== null && { effort }),
    ...(format.type === 'json_schema' && { format: { type: 'json_schema', schema: format.schema } }),
  }
  const thinking = encodeThinking(reasoning)
  const { opaque } = reasoning
  if (opaque !== undefined && opaque.dialect !== 'anthropic') {
    for (const member of Object.keys(opaque.members)) drop(droppedName('thinking', member))
  }
  return {
    ...(thinking !== null && { thinking }),
    ...(Object.keys(config).length > 0 && { output_config: config }),
  }
}

function encodeThinking(reasoning: Reasoning): Json | null {
  const members = opaqueMembers(reasoning.opaque, 'anthropic')
  switch (reasoning.type) {
    case 'adaptive':
      return { ...members, type: 'adaptive' }
    case 'off':
      return { ...members, type: 'disabled' }
    case 'budget':
      return { ...members, type: 'enabled', budget_tokens: reasoning.budgetTokens }
    case 'unset':
      if (reasoning.effort === 'none') return { type: 'disabled' }
      return Object.keys(members).length > 0 ? members : null
  }
}

/** `minimal` is the lowest there is here; `none` is not an effort but no thinking. */
function encodeEffort(effort: Effort | undefined): string | null {
  if (effort === undefined || effort === 'none') return null
  return effort === 'minimal' ? 'low' : effort
}
