import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { Opaque } from '../../core/opaque.ts'
import type { Tool, ToolChoice } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { isAbsent, readList } from '../openai-chat/read-members.ts'
import { restAt, restOf } from '../rest.ts'
import { decodeCustomTool } from './freeform.ts'
import { joinedName } from './names.ts'

interface DecodedTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
}

const FUNCTION = new Set(['type', 'name', 'description', 'parameters', 'strict'])

/**
 * `tools` and `tool_choice`. The tools of a namespace stand among the others, under one joined name each; tools that
 * the vendor runs are carried whole. Throws `invalid_request` with the path.
 */
export function decodeTools(json: Json): DecodedTools {
  const tools = readList(json.tools, 'tools').flatMap((tool, i) => decodeTool(tool, `tools.${i}`, null))
  const choice = tryObject(json.tool_choice)
  if (choice?.type !== 'allowed_tools') return { tools, toolChoice: decodeToolChoice(json.tool_choice) }
  const names = new Set(listOf(choice.tools).map((tool) => allowedName(tryObject(tool) ?? {})))
  return {
    tools: tools.filter((tool) => names.has(tool.name)),
    toolChoice: { type: choice.mode === 'required' ? 'required' : 'auto' },
  }
}

/** A server's own tool goes by its type. */
function allowedName({ type, namespace, name }: Json): string {
  return joinedName(textOf(namespace), textOf(name) || textOf(type))
}

function decodeTool(value: unknown, path: string, namespace: Json | null): Tool[] {
  const wire = tryObject(value)
  if (wire === null) throw invalid(path, 'must be an object')
  switch (wire.type) {
    case 'function':
      return [decodeFunction(wire, path, namespace)]
    case 'custom':
      return [inNamespace(decodeCustomTool(wire, joinedName(textOf(namespace?.name), nameOf(wire, path))), namespace)]
    case 'namespace': {
      const { tools, ...head } = wire
      nameOf(wire, path)
      return readList(tools, `${path}.tools`).flatMap((tool, i) => decodeTool(tool, `${path}.tools.${i}`, head))
    }
    default:
      if (typeof wire.type !== 'string') throw invalid(`${path}.type`, 'must be a string')
      return [
        {
          type: 'opaque',
          name: textOf(wire.name) || wire.type,
          opaque: { dialect: 'openai-responses', members: wire },
        },
      ]
  }
}

function decodeFunction(wire: Json, path: string, namespace: Json | null): Tool {
  const { description, parameters, strict } = wire
  const schema = tryObject(parameters ?? { type: 'object', properties: {} })
  if (schema === null) throw invalid(`${path}.parameters`, 'must be an object')
  const others = restOf(wire, FUNCTION)
  return inNamespace(
    {
      type: 'function',
      name: joinedName(textOf(namespace?.name), nameOf(wire, path)),
      ...(typeof description === 'string' && { description }),
      parameters: schema,
      ...(typeof strict === 'boolean' && { strict }),
      ...(others !== null && { opaque: ownOpaque(others) }),
    },
    namespace,
  )
}

function inNamespace(tool: Tool, namespace: Json | null): Tool {
  return namespace === null ? tool : { ...tool, opaque: ownOpaque({ ...tool.opaque?.members, namespace }) }
}

function ownOpaque(members: Json): Opaque {
  return { dialect: 'openai-responses', members }
}

const CHOICE = new Set(['type', 'name', 'namespace', 'mode', 'tools'])
const CHOICES = new Set<unknown>(['function', 'custom', 'allowed_tools'])

/** What `tool_choice` says beyond the choice, or all of one that only this dialect can force. */
export function choiceRest({ tool_choice: value }: Json): Json {
  const choice = tryObject(value)
  if (choice === null) return {}
  return CHOICES.has(choice.type) ? restAt('tool_choice', choice, CHOICE) : { tool_choice: choice }
}

/** Forms that name a vendor's tool leave the choice to the model: only its own dialect can force it. */
function decodeToolChoice(value: unknown): ToolChoice {
  if (isAbsent(value)) return { type: 'unset' }
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  const choice = tryObject(value)
  if (choice === null) throw invalid('tool_choice', 'must be auto, none, required, or name a tool')
  if (choice.type !== 'function' && choice.type !== 'custom') return { type: 'auto' }
  return { type: 'tool', name: joinedName(textOf(choice.namespace), nameOf(choice, 'tool_choice')) }
}

function nameOf(wire: Json, path: string): string {
  const name = textOf(wire.name)
  if (name === '') throw invalid(`${path}.name`, 'must be a non-empty string')
  return name
}
