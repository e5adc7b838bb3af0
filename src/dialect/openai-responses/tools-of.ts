import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { serverTools } from '../openai-chat/tools-of.ts'
import { joinedName } from './names.ts'

/** Top-level members that `toolsOf` reads. */
export const TOOL_MEMBERS = ['tools', 'input'] as const

/** What a Responses request lets the model use: `tools`, those of a namespace one by one, and those that items add. */
export function toolsOf({ json }: Envelope): readonly OfferedTool[] {
  return [...toolsAt(json.tools, 'tools', ''), ...listOf(json.input).flatMap(addedTools)]
}

function addedTools(value: unknown, i: number): readonly OfferedTool[] {
  return toolsAt(toolsAddedBy(value), `input.${i}.tools`, '')
}

/** The tools that an item of the input adds; nothing where it is any other item. */
export function toolsAddedBy(value: unknown): unknown {
  const item = tryObject(value)
  const isAdding = item?.type === 'additional_tools' || item?.type === 'tool_search_output'
  return isAdding ? item.tools : undefined
}

function toolsAt(value: unknown, path: string, namespace: string): readonly OfferedTool[] {
  return listOf(value).flatMap((tool, i) => toolsIn(tryObject(tool) ?? {}, `${path}.${i}`, namespace))
}

/** A function and a custom tool have the client's name; any other type is the server's own tool. */
function toolsIn(tool: Json, path: string, namespace: string): readonly OfferedTool[] {
  const type = textOf(tool.type)
  const name = textOf(tool.name)
  switch (type) {
    case '':
    case 'function':
    case 'custom':
      return [{ name, alias: namespace === '' ? null : joinedName(namespace, name), path: `${path}.name` }]
    case 'namespace':
      return toolsAt(tool.tools, `${path}.tools`, name)
    case 'mcp':
      return [{ name: `mcp__${textOf(tool.server_label)}`, alias: null, path: `${path}.server_label` }]
    default:
      return serverTools(tool, type.replace(/_\d{4}_\d{2}_\d{2}$/, ''), path)
  }
}
