import type { ToolUseBlock } from '../../core/block.ts'
import type { Tool } from '../../core/request.ts'
import { type Json, textOf, tryObject } from '../openai-chat/wire.ts'

/** The one argument of the function that stands for a tool of free text. */
const PARAMETERS = Object.freeze({
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text' } },
  required: ['input'],
  additionalProperties: false,
})

type FunctionTool = Tool & { readonly type: 'function' }

/**
 * A `custom` tool, whose input is free text, as the function that every dialect knows: one string, the grammar told in
 * words. The tool itself is carried for servers that know such tools.
 */
export function decodeCustomTool(wire: Json, name: string): FunctionTool {
  const format = tryObject(wire.format)
  const grammar = textOf(format?.definition)
  const words = [textOf(wire.description)]
  if (grammar !== '') words.push(`\`input\` must follow this ${textOf(format?.syntax)} grammar:\n${grammar}`)
  const description = words.filter((text) => text !== '').join('\n\n')
  return {
    type: 'function',
    name,
    ...(description !== '' && { description }),
    parameters: PARAMETERS,
    opaque: { dialect: 'openai-responses', members: { custom: wire } },
  }
}

/** The `custom` tool behind a function, or `null`. */
export function customToolOf(tool: Tool): Json | null {
  return tool.opaque?.dialect === 'openai-responses' ? tryObject(tool.opaque.members.custom) : null
}

/** The free text in the argument of such a function; what is no such argument is taken for the text itself. */
export function freeText({ inputJson }: Pick<ToolUseBlock, 'inputJson'>): string {
  if (inputJson === '') return ''
  try {
    const input = tryObject(JSON.parse(inputJson))?.input
    return typeof input === 'string' ? input : inputJson
  } catch {
    // A model that ignores the schema writes the text itself.
    return inputJson
  }
}
