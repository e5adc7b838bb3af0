import type { Json } from '../../core/json.ts'
import type { ChatRequest, Tool, ToolChoice } from '../../core/request.ts'
import { withPlainSchema } from '../plain-schema.ts'
import { choiceLeft } from '../tools/tool-choice.ts'
import { toolSchema } from '../tools/tool-schema.ts'
import { bareSchema } from './bare-schema.ts'
import { cachePoint } from './cache-point.ts'
import type { ConverseContext } from './context.ts'

/**
 * `toolConfig`, or `null` for none. There is no way to offer tools and forbid them: where the client does, none are
 * offered. A conversation that holds calls must have a configuration all the same, so that those calls' tools stay.
 */
export function encodeToolConfig(request: ChatRequest, context: ConverseContext): Json | null {
  const called = calledNames(request)
  const isForbidden = request.toolChoice.type === 'none'
  const offered = isForbidden && called.size === 0 ? [] : request.tools
  if (isForbidden && request.tools.length > 0 && called.size > 0) context.dropped.add('tool_choice.none')
  const tools = offered.flatMap((tool) => encodeTool(tool, context))
  if (tools.length === 0) for (const name of called) tools.push(toolSpec(context.names.toWire(name), {}, undefined))
  if (tools.length === 0) return null
  if (!request.parallelToolCalls) context.dropped.add('parallel_tool_calls')
  const toolChoice = encodeChoice(choiceLeft(request, 'bedrock-converse', context.dropped.add), context)
  return { tools, ...(toolChoice !== null && { toolChoice }) }
}

function encodeTool(tool: Tool, context: ConverseContext): Json[] {
  if (tool.type === 'opaque') {
    context.dropped.add('tools.server')
    return []
  }
  context.dropped.addOpaque('tools', tool.opaque)
  if (tool.strict === true) context.dropped.add('tools.strict')
  const { parameters, description } = withPlainSchema(tool, context.dropped.add)
  const schema = toolSchema(parameters, context.quirks, context.dropped.add)
  const fitted = context.isClaude ? schema : bareSchema(schema, context.dropped)
  const spec = toolSpec(context.names.toWire(tool.name), fitted, description)
  return [spec, ...cachePoint(tool.cache, context, 'tools')]
}

/** A schema must say that it is an object, a description must not be empty. */
function toolSpec(name: string, parameters: Json, description: string | undefined): Json {
  const json = parameters.type === undefined ? { type: 'object', ...parameters } : parameters
  const told = description !== undefined && description.trim() !== '' && { description }
  return { toolSpec: { name, ...told, inputSchema: { json } } }
}

function encodeChoice(choice: ToolChoice, { names }: ConverseContext): Json | null {
  switch (choice.type) {
    case 'auto':
      return { auto: {} }
    case 'required':
      return { any: {} }
    case 'tool':
      return { tool: { name: names.toWire(choice.name) } }
    default:
      return null
  }
}

function calledNames({ turns }: ChatRequest): Set<string> {
  return new Set(turns.flatMap(({ blocks }) => blocks.flatMap((b) => (b.type === 'tool_use' ? [b.name] : []))))
}
