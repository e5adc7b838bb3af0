import type { Quirks } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import type { ChatRequest, ToolChoice } from '../../core/request.ts'
import type { DropList } from '../dropped.ts'
import { choiceLeft } from '../tools/tool-choice.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { toolSchema } from '../tools/tool-schema.ts'
import { hasMembers } from './schema-subset.ts'
import { type ToldSchema, toldSchema } from './told-schema.ts'

/** `tools` and `toolConfig`; nothing where no tool is left. */
export function encodeTools(request: ChatRequest, quirks: Quirks, names: ToolNames, dropped: DropList): Json {
  const functionDeclarations = request.tools.flatMap((tool): Json[] => {
    if (tool.type === 'opaque') {
      dropped.add('tools.server')
      return []
    }
    if (tool.cache !== undefined) dropped.add('cache_control')
    if (tool.strict === true) dropped.add('tools.strict')
    dropped.addOpaque('tools', tool.opaque)
    const told = toldSchema(toolSchema(tool.parameters, quirks, dropped.add))
    if (told.isNarrowed) dropped.add('tools.schema')
    const description = tool.description !== undefined && { description: tool.description }
    return [{ name: names.toWire(tool.name), ...description, ...encodeParameters(told) }]
  })
  if (functionDeclarations.length === 0) return {}
  if (!request.parallelToolCalls) dropped.add('parallel_tool_calls')
  const functionCallingConfig = encodeChoice(choiceLeft(request, 'gemini', dropped.add), names)
  return {
    tools: [{ functionDeclarations }],
    ...(functionCallingConfig !== null && { toolConfig: { functionCallingConfig } }),
  }
}

function encodeParameters({ isJsonSchema, schema }: ToldSchema): Json {
  if (isJsonSchema) return { parametersJsonSchema: { type: 'object', ...schema } }
  // An object without properties is refused; without parameters a function has no argument.
  return hasMembers(schema) ? { parameters: schema } : {}
}

function encodeChoice(choice: ToolChoice, names: ToolNames): Json | null {
  switch (choice.type) {
    case 'unset':
      return null
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [names.toWire(choice.name)] }
  }
}
