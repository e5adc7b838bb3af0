import type { Block } from '../../core/block.ts'
import type { Json } from '../../core/json.ts'
import { decodeBlock } from '../anthropic/decode-block.ts'
import { toCanonicalId } from '../tools/tool-ids.ts'

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
