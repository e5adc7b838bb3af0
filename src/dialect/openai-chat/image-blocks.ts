import type { OpaqueBlock } from '../../core/block.ts'
import { type Json, listOf } from '../../core/json.ts'

/** Pictures of an answer as gateways have them: parts under `images`, of the message or of a delta. */
export function imageBlocks({ images }: Json): readonly OpaqueBlock[] {
  if (images === undefined) return NONE
  return listOf(images).map((payload) => ({ type: 'opaque', dialect: 'openai-chat', payload, deltas: [] }))
}

const NONE: readonly OpaqueBlock[] = Object.freeze([])
