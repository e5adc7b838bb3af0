import type { Block } from '../../core/block.ts'
import type { Envelope } from '../../core/dialect.ts'
import { decodeBlock } from '../anthropic/decode-block.ts'
import { toCanonicalId } from './tool-ids.ts'
import { type Json, listOf, tryObject } from './wire.ts'

/**
 * A call, a result or a picture in the words of the Messages API, which Cursor's agent puts into the content of Chat messages
 * where the model is called Claude; `null` for any other part. Throws `invalid_request` with the path.
 */
export function tryMessagesPart(part: Json, path: string): Block | null {
  if (part.type !== 'tool_use' && part.type !== 'tool_result' && part.type !== 'image') return null
  const block = decodeBlock(part, path)
  if (block.type === 'tool_use') return { ...block, id: toCanonicalId(block.id) }
  return block.type === 'tool_result' ? { ...block, toolUseId: toCanonicalId(block.toolUseId) } : block
}

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

/** Whether a tool of a Chat body is written so. Calls and results in other words come with such tools alone. */
export function hasFlatFunction({ outline }: Envelope): boolean {
  return listOf(outline.tools).some((tool) => tryFlatFunction(tryObject(tool) ?? NOTHING) !== null)
}

const NOTHING: Json = Object.freeze({})
