import type { Quirks } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import type { ChatRequest, Tool, ToolChoice } from '../../core/request.ts'
import type { DropList } from '../dropped.ts'
import { completeSchema } from '../openai-chat/complete-schema.ts'
import { customToolOf } from '../openai-chat/custom-tools.ts'
import { canBeStrict } from '../openai-chat/strict-format.ts'
import { REFUSED_BY_OPENAI, withPlainSchema } from '../plain-schema.ts'
import { choiceLeft } from '../tools/tool-choice.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { toolSchema, withoutDialect } from '../tools/tool-schema.ts'
import { type CallForm, namespaceOf } from './names.ts'

/** What encoders of a request's parts share. */
export interface EncodeContext {
  readonly quirks: Readonly<Quirks>
  readonly names: ToolNames
  readonly forms: ReadonlyMap<string, CallForm>
  readonly dropped: DropList
}

/** `tools`, `tool_choice`, `parallel_tool_calls`: nothing where no tool is left. Tools of one namespace stand in it again. */
export function encodeTools(request: ChatRequest, context: EncodeContext): Json {
  const tools: Json[] = []
  let open: { head: Json; inner: Json[] } | null = null
  for (const tool of request.tools) {
    const wire = encodeTool(tool, context)
    const head = namespaceOf(tool)
    if (wire === null) continue
    if (head === null) {
      open = null
      tools.push(wire)
      continue
    }
    if (open !== null && open.head.name === head.name) {
      open.inner.push(wire)
      continue
    }
    open = { head, inner: [wire] }
    tools.push({ ...head, tools: open.inner })
  }
  if (tools.length === 0) return {}
  const choice = encodeToolChoice(choiceLeft(request, 'openai-responses', context.dropped.add), context)
  return {
    tools,
    ...(choice !== null && { tool_choice: choice }),
    ...(!request.parallelToolCalls && { parallel_tool_calls: false }),
  }
}

function encodeTool(tool: Tool, { names, forms, quirks, dropped }: EncodeContext): Json | null {
  if (tool.type === 'opaque') {
    if (tool.opaque.dialect === 'openai-responses') return tool.opaque.members
    dropped.add('tools.server')
    return null
  }
  if (tool.cache !== undefined) dropped.add('cache_control')
  dropped.addOpaque('tools', tool.opaque)
  const custom = customToolOf(tool, 'openai-responses')
  if (custom !== null) return custom
  const plain = withPlainSchema(tool, dropped.add, REFUSED_BY_OPENAI)
  const parameters = completeSchema(withoutDialect(toolSchema(plain.parameters, quirks, dropped.add)), quirks)
  const isStrict = tool.strict === true && canBeStrict(parameters)
  if (tool.strict === true && !isStrict) dropped.add('tools.strict')
  return {
    ...otherMembers(tool),
    type: 'function',
    name: forms.get(tool.name)?.name ?? names.toWire(tool.name),
    ...(plain.description !== undefined && { description: plain.description }),
    parameters,
    // Absent means strict here, which makes every parameter mandatory.
    strict: isStrict,
  }
}

function otherMembers({ opaque }: Tool): Json {
  if (opaque?.dialect !== 'openai-responses') return {}
  const { namespace: _, ...others } = opaque.members
  return others
}

function encodeToolChoice(choice: ToolChoice, { names, forms }: EncodeContext): unknown {
  if (choice.type === 'unset') return null
  if (choice.type !== 'tool') return choice.type
  const form = forms.get(choice.name)
  if (form === undefined) return { type: 'function', name: names.toWire(choice.name) }
  return {
    type: form.isCustom ? 'custom' : 'function',
    name: form.name,
    ...(form.namespace !== null && { namespace: form.namespace }),
  }
}
