import { type Json, tryObject } from '../../core/json.ts'
import type { Tool } from '../../core/request.ts'
import { functionFor } from '../openai-chat/custom-tools.ts'

/** A `custom` tool of this dialect as a function. */
export function decodeCustomTool(wire: Json, name: string): Tool & { readonly type: 'function' } {
  const { description, format } = wire
  return functionFor({ name, description, grammar: tryObject(format) }, wire, 'openai-responses')
}
