import type { ToolUseBlock } from '../../core/block.ts'
import type { DialectId } from '../../core/dialect.ts'
import { type Json, textOf, tryObject, tryObjectIn } from '../../core/json.ts'
import type { Tool } from '../../core/request.ts'

/** The one argument of the function that stands for a tool of free text. */
const PARAMETERS = Object.freeze({
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text' } },
  required: ['input'],
  additionalProperties: false,
})

/** What a `custom` tool says of itself, wherever its dialect has it. */
export interface CustomTool {
  readonly name: string
  readonly description: unknown
  /** `{syntax, definition}`, where the text must follow one. */
  readonly grammar: Json | null
}

/**
 * A `custom` tool, whose input is free text, as the function that every dialect knows: one string, the grammar told in
 * words. The tool itself is carried for servers that know such tools.
 *
 * @param wire the whole tool, as `dialect` has it
 */
export function functionFor(
  { name, description, grammar }: CustomTool,
  wire: Json,
  dialect: DialectId,
): Tool & { readonly type: 'function' } {
  const definition = textOf(grammar?.definition)
  const words = [textOf(description)]
  if (definition !== '') words.push(`\`input\` must follow this ${textOf(grammar?.syntax)} grammar:\n${definition}`)
  const told = words.filter((text) => text !== '').join('\n\n')
  return {
    type: 'function',
    name,
    ...(told !== '' && { description: told }),
    parameters: PARAMETERS,
    opaque: { dialect, members: { custom: wire } },
  }
}

/** The `custom` tool of this dialect behind a function, or `null`. */
export function customToolOf(tool: Tool, dialect: DialectId): Json | null {
  return tool.opaque?.dialect === dialect ? tryObject(tool.opaque.members.custom) : null
}

/** Names of the tools that a Chat client offered as such, and wants to be called by with free text. */
export function customNames(tools: readonly Tool[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const tool of tools) if (customToolOf(tool, 'openai-chat') !== null) names.add(tool.name)
  return names
}

/** The free text in the argument of such a function; what is no such argument is taken for the text itself. */
export function freeText({ inputJson }: Pick<ToolUseBlock, 'inputJson'>): string {
  if (inputJson === '') return ''
  // A model that ignores the schema writes the text itself.
  const input = tryObjectIn(inputJson)?.input
  return typeof input === 'string' ? input : inputJson
}
