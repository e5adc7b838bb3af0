import type { Quirks } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Tool, ToolChoice } from '../../core/request.ts'
import type { DropList } from '../dropped.ts'
import { REFUSED_BY_OPENAI, withPlainSchema } from '../plain-schema.ts'
import { choiceLeft } from '../tools/tool-choice.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { toolSchema, withoutDialect } from '../tools/tool-schema.ts'
import { completeSchema } from './complete-schema.ts'
import { customToolOf } from './custom-tools.ts'
import { canBeStrict } from './strict-format.ts'

/** What encoders of a request's parts share. */
export interface EncodeContext {
  readonly quirks: Readonly<Quirks>
  readonly names: ToolNames
  /** Names of the tools that were offered as `custom` ones, in this dialect. */
  readonly customs: ReadonlySet<string>
  readonly dropped: DropList
  /** Whether it is Claude who reads earlier thinking, and refuses what is not signed. */
  readonly isClaude: boolean
}

/** `tools`, `tool_choice`, `parallel_tool_calls`: nothing at all where no tool is left, because servers refuse the rest then. */
export function encodeTools(request: ChatRequest, context: EncodeContext): Json {
  const tools = request.tools.flatMap((tool) => encodeTool(tool, context))
  if (tools.length === 0) return {}
  const choice = encodeToolChoice(choiceLeft(request, 'openai-chat', context.dropped.add), request.tools, context)
  const canLimit = context.quirks.parallelToolCalls !== false
  if (!request.parallelToolCalls && !canLimit) context.dropped.add('parallel_tool_calls')
  return {
    tools,
    ...(choice !== null && { tool_choice: choice }),
    ...(!request.parallelToolCalls && canLimit && { parallel_tool_calls: false }),
  }
}

function encodeTool(tool: Tool, context: EncodeContext): Json[] {
  const { names, quirks, dropped } = context
  if (tool.type === 'opaque') {
    if (tool.opaque.dialect === 'openai-chat') return [tool.opaque.members]
    dropped.add('tools.server')
    return []
  }
  if (tool.cache !== undefined) dropped.add('cache_control')
  dropped.addOpaque('tools', tool.opaque)
  const custom = customToolOf(tool, 'openai-chat')
  if (custom !== null) return [custom]
  const plain = withPlainSchema(tool, dropped.add, REFUSED_BY_OPENAI)
  const parameters = completeSchema(withoutDialect(toolSchema(plain.parameters, quirks, dropped.add)), quirks)
  const isStrict = tool.strict === true && canBeStrict(parameters)
  if (tool.strict === true && !isStrict) dropped.add('tools.strict')
  return [
    {
      ...opaqueMembers(tool.opaque, 'openai-chat'),
      type: 'function',
      function: {
        name: names.toWire(tool.name),
        ...(plain.description !== undefined && { description: plain.description }),
        parameters,
        ...(isStrict && { strict: true }),
      },
    },
  ]
}

function encodeToolChoice(choice: ToolChoice, tools: readonly Tool[], { names, customs }: EncodeContext): unknown {
  if (choice.type === 'unset') return null
  if (choice.type !== 'tool') return choice.type
  const isCustom = customs.has(choice.name) || tools.some(({ name, type }) => name === choice.name && type === 'opaque')
  return isCustom
    ? { type: 'custom', custom: { name: choice.name } }
    : { type: 'function', function: { name: names.toWire(choice.name) } }
}
