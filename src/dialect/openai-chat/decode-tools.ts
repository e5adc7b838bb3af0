import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { Tool, ToolChoice } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { restAt, restOf } from '../rest.ts'
import { functionFor } from './custom-tools.ts'
import { carrierOf } from './decode-parts.ts'
import { tryFlatFunction, tryNested } from './flat-tools.ts'
import { isAbsent, readList } from './read-members.ts'

const MARK = new Set(['cache_control'])

interface DecodedTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
}

const TOOL_KNOWN = new Set(['type', 'function'])
const FUNCTION_KNOWN = new Set(['name', 'description', 'parameters', 'strict', 'cache_control'])

/** `tools` and `tool_choice`, or their older forms `functions` and `function_call`. Throws `invalid_request` with the path. */
export function decodeTools(json: Json): DecodedTools {
  const tools = [
    ...readList(json.tools, 'tools').map((tool, i) => decodeTool(tool, `tools.${i}`)),
    ...readList(json.functions, 'functions').map((body, i) => decodeFunction(body, {}, `functions.${i}`)),
  ]
  const choice = json.tool_choice ?? json.function_call
  const allowed = tryObject(tryObject(choice)?.allowed_tools)
  if (allowed === null) return { tools, toolChoice: decodeToolChoice(choice) }
  const names = new Set(readList(allowed.tools, 'tools').map((tool) => nameOf(tryObject(tool))))
  return {
    tools: tools.filter((tool) => names.has(tool.name)),
    toolChoice: { type: allowed.mode === 'required' ? 'required' : 'auto' },
  }
}

const CHOICE = new Set(['type', 'name', 'function', 'custom', 'allowed_tools'])
const CHOSEN = new Set(['name', 'mode', 'tools'])

/** What `tool_choice` says beyond the choice. */
export function choiceRest(json: Json): Json {
  const choice = tryObject(json.tool_choice ?? json.function_call)
  const chosen = choice?.[textOf(choice.type)]
  return { ...restAt('tool_choice', choice, CHOICE), ...restAt('tool_choice', chosen, CHOSEN) }
}

function decodeTool(value: unknown, path: string): Tool {
  const tool = tryObject(value)
  if (tool === null) throw invalid(path, 'must be an object')
  const flat = tryFlatFunction(tool)
  if (flat !== null) return decodeFunction(flat, {}, path)
  if (tool.type === 'custom' && nameOf(tool) !== '') return decodeCustom(tool)
  if (tool.type !== 'function') {
    return {
      type: 'opaque',
      name: nameOf(tool) || textOf(tool.type),
      opaque: { dialect: 'openai-chat', members: tool },
    }
  }
  return decodeFunction(tool.function, restOf(tool, TOOL_KNOWN) ?? {}, `${path}.function`)
}

function decodeCustom(tool: Json): Tool {
  const whole = tryNested(tool) ?? tool
  const { description, format }: Json = tryObject(whole.custom) ?? {}
  const grammar = tryObject(tryObject(format)?.grammar)
  return functionFor({ name: nameOf(whole), description, grammar }, whole, 'openai-chat')
}

function decodeFunction(value: unknown, members: Json, path: string): Tool {
  const body = tryObject(value)
  if (body === null) throw invalid(path, 'must be an object')
  if (typeof body.name !== 'string' || body.name === '') throw invalid(`${path}.name`, 'must be a non-empty string')
  const parameters = body.parameters ?? { type: 'object', properties: {} }
  const schema = tryObject(parameters)
  if (schema === null) throw invalid(`${path}.parameters`, 'must be an object')
  return {
    type: 'function',
    name: body.name,
    ...(typeof body.description === 'string' && { description: body.description }),
    parameters: schema,
    ...(typeof body.strict === 'boolean' && { strict: body.strict }),
    ...carrierOf({ cache_control: members.cache_control, ...body }, FUNCTION_KNOWN, restOf(members, MARK)),
  }
}

function decodeToolChoice(choice: unknown): ToolChoice {
  if (isAbsent(choice)) return { type: 'unset' }
  const wire = tryObject(choice)
  const name = nameOf(wire)
  const mode = wire === null ? choice : wire.type
  // `any`, and a mode in an object, are the Messages API's.
  if (name === '' && mode === 'any') return { type: 'required' }
  if (name === '' && (mode === 'auto' || mode === 'none' || mode === 'required')) return { type: mode }
  if (name === '') throw invalid('tool_choice', 'must be auto, none, required, or name a tool')
  return { type: 'tool', name }
}

/** The name in `{function:{name}}`, `{custom:{name}}`, or the older bare `{name}`. */
function nameOf(wire: Json | null): string {
  const body = tryObject(wire?.function) ?? tryObject(wire?.custom) ?? wire
  return textOf(body?.name)
}
