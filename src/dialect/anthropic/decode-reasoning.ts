import { type Json, tryObject } from '../../core/json.ts'
import type { ChatRequest, Effort, Reasoning } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { carry } from './carrier.ts'
import { rest } from './rest.ts'

const EFFORTS: ReadonlySet<unknown> = new Set<Effort>(['low', 'medium', 'high', 'xhigh', 'max'])
const THINKING = new Set(['type'])
const THINKING_BUDGET = new Set(['type', 'budget_tokens'])
const FORMAT = new Set(['type', 'schema'])

type Decoded = Pick<ChatRequest, 'reasoning' | 'format'> & { readonly unmodelled?: Json }

/** `thinking`, `output_config` and its old sibling `output_format`. `unmodelled` is what is left of `output_config`. */
export function decodeReasoning(json: Json): Decoded {
  const config = optionalWire(json.output_config, 'output_config')
  const others: Record<string, unknown> = { ...config }
  const reasoning = decodeThinking(json.thinking)
  const effort = isEffort(config?.effort) ? config.effort : undefined
  if (effort !== undefined) delete others.effort
  const modelled = tryFormat(config?.format ?? json.output_format)
  if (modelled !== null) delete others.format
  else if (json.output_format !== undefined) others.format ??= json.output_format
  return {
    reasoning: effort === undefined ? reasoning : { ...reasoning, effort },
    format: modelled ?? { type: 'text' },
    ...(Object.keys(others).length > 0 && { unmodelled: others }),
  }
}

function decodeThinking(value: unknown): Reasoning {
  const wire = optionalWire(value, 'thinking')
  switch (wire?.type) {
    case undefined:
      return { type: 'unset', ...carry(wire) }
    case 'adaptive':
      return { type: 'adaptive', ...carry(rest(wire ?? {}, THINKING)) }
    case 'disabled':
      return { type: 'off', ...carry(rest(wire ?? {}, THINKING)) }
    case 'enabled': {
      const budgetTokens = wire?.budget_tokens
      if (typeof budgetTokens !== 'number') throw invalid('thinking.budget_tokens', 'must be a number')
      return { type: 'budget', budgetTokens, ...carry(rest(wire ?? {}, THINKING_BUDGET)) }
    }
    default:
      return { type: 'unset', ...carry(wire) }
  }
}

/** Only what the canonical form says completely; anything more is carried as it is. */
function tryFormat(value: unknown): ChatRequest['format'] | null {
  const wire = tryObject(value)
  if (wire?.type !== 'json_schema' || rest(wire, FORMAT) !== undefined) return null
  return { type: 'json_schema', schema: wire.schema }
}

function isEffort(value: unknown): value is Effort {
  return EFFORTS.has(value)
}

function optionalWire(value: unknown, path: string): Json | undefined {
  if (value === undefined || value === null) return undefined
  const wire = tryObject(value)
  if (wire === null) throw invalid(path, 'must be an object')
  return wire
}
