import type { Envelope } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'

/**
 * The function of a tool whose name is a member of its own: as the Messages API has it, with an `input_schema`, or as
 * Responses does. Cursor sends both to Chat. `null` for any other tool.
 */
export function tryFlatFunction(tool: Json): Json | null {
  // With a second name it would be another tool to each reader.
  if (typeof tool.name !== 'string' || (tool.function ?? tool.custom ?? null) !== null) return null
  const { type, input_schema: schema, ...others } = tool
  if (type === 'function') return others
  const isMessages = (type === undefined || type === null || type === 'custom') && schema !== undefined
  return isMessages ? { ...others, parameters: schema } : null
}

/** A tool of free text as this dialect has it, of one that is written as Responses does; `null` for any other tool. */
export function tryNested({ type, name, description, format, ...tool }: Json): Json | null {
  if (type !== 'custom' || textOf(name) === '' || tryObject(tool.custom) !== null) return null
  const { type: kind, syntax, definition }: Json = tryObject(format) ?? {}
  const isFlat = kind === 'grammar' && definition !== undefined
  const nested = isFlat ? { type: kind, grammar: { syntax, definition } } : format
  const custom = {
    name,
    ...(description !== undefined && { description }),
    ...(nested !== undefined && { format: nested }),
  }
  return { type, custom }
}

/** Whether a tool of a Chat body is written in one of these ways. Calls and results in other words come with them alone. */
export function hasFlatTool({ outline }: Envelope): boolean {
  return listOf(outline.tools).some((value) => {
    const tool = tryObject(value)
    return typeof tool?.name === 'string' && (tryFlatFunction(tool) ?? tryNested(tool)) !== null
  })
}
