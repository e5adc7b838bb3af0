import type { ToolResultBlock } from '../../core/block.ts'
import type { EncodeContext } from './encode-tools.ts'
import { encodeUserBlocks, type Part, textPart } from './encode-user.ts'

export interface EncodedResult {
  /** Content of the `tool` message: always a string, the only form that every server takes. */
  readonly text: string
  /** Images and files of the result, for the user message after all tool messages. */
  readonly parts: readonly Part[]
}

/** A result as text, an error marked by its first word; pictures follow in the user's name, with a line saying whose. */
export function encodeToolResult(result: ToolResultBlock, context: EncodeContext): EncodedResult {
  context.dropped.addCarrier(result)
  const all = encodeUserBlocks(result.content, context)
  const texts = all.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const media = all.filter((part) => part.type !== 'text')
  if (media.length > 0) texts.push('[see the attachment below]')
  const text = texts.join('\n')
  return {
    text: result.isError && !/^error\b/i.test(text) ? `Error: ${text}` : text,
    parts: media.length === 0 ? [] : [textPart('[attachment of the tool result above]'), ...media],
  }
}
