import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { ChatRequest, Tool, ToolChoice } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { decodeCarrier } from './carrier.ts'
import { rest } from './rest.ts'

const FUNCTION = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])
const CHOICE = new Set(['type', 'name', 'disable_parallel_tool_use'])
const CHOICE_TYPES = { auto: 'auto', any: 'required', none: 'none' } as const

/** A custom tool becomes a function; typed and vendor-run tools are carried whole. */
export function decodeTool(value: unknown, path: string): Tool {
  const wire = tryObject(value)
  if (wire === null) throw invalid(path, 'must be an object')
  if (wire.type !== undefined && wire.type !== null && wire.type !== 'custom') {
    return {
      type: 'opaque',
      name: textOf(wire.name) || textOf(wire.type),
      opaque: { dialect: 'anthropic', members: wire },
    }
  }
  const { name, description, strict } = wire
  const parameters = tryObject(wire.input_schema)
  if (typeof name !== 'string') throw invalid(`${path}.name`, 'must be a string')
  if (parameters === null) throw invalid(`${path}.input_schema`, 'must be an object')
  if (description !== undefined && typeof description !== 'string')
    throw invalid(`${path}.description`, 'must be a string')
  if (strict !== undefined && typeof strict !== 'boolean') throw invalid(`${path}.strict`, 'must be true or false')
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
    ...decodeCarrier(wire, FUNCTION),
  }
}

type Choice = Pick<ChatRequest, 'toolChoice' | 'parallelToolCalls'> & { readonly unmodelled?: Json }

/** A choice in a form that lynkr does not model is `unset`, and `unmodelled` holds it whole. */
export function decodeToolChoice(value: unknown): Choice {
  if (value === undefined) return { toolChoice: { type: 'unset' }, parallelToolCalls: true }
  const wire = tryObject(value)
  if (wire === null) throw invalid('tool_choice', 'must be an object')
  const parallelToolCalls = wire.disable_parallel_tool_use !== true
  const toolChoice = tryToolChoice(wire)
  if (toolChoice !== null && rest(wire, CHOICE) === undefined) return { toolChoice, parallelToolCalls }
  return { toolChoice: { type: 'unset' }, parallelToolCalls, unmodelled: wire }
}

function tryToolChoice(wire: Json): ToolChoice | null {
  const { type, name } = wire
  if (type === 'tool') {
    if (typeof name !== 'string') throw invalid('tool_choice.name', 'must be a string')
    return { type, name }
  }
  return type === 'auto' || type === 'any' || type === 'none' ? { type: CHOICE_TYPES[type] } : null
}
