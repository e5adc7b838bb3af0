import type { ToolUseBlock } from '../../core/block.ts'
import type { Json } from '../../core/json.ts'
import { isCustomCall } from './custom-calls.ts'
import { freeText } from './custom-tools.ts'

/** What a call is on the wire. */
interface WireCall {
  readonly id: string
  /** Of a function; a `custom` tool keeps its own. */
  readonly name: string
  /** Of a function. */
  readonly argumentsJson: string
}

/**
 * A call as clients and servers read it, as a function's or as one of a `custom` tool.
 *
 * @param customs names of the tools that were offered as such
 */
export function encodeCall(
  block: ToolUseBlock,
  { id, name, argumentsJson }: WireCall,
  customs: ReadonlySet<string>,
): Json {
  if (isCustomCall(block, customs)) return { id, type: 'custom', custom: { name: block.name, input: freeText(block) } }
  return { id, type: 'function', function: { name, arguments: argumentsJson } }
}
