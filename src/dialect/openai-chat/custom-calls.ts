import type { ToolUseBlock } from '../../core/block.ts'
import type { Opaque } from '../../core/opaque.ts'
import { textOf, tryObject } from './wire.ts'

/** Marks a call of a `custom` tool, whose argument is free text, so that Chat can write it back as such. */
export const CUSTOM_CALL: Opaque = Object.freeze({
  dialect: 'openai-chat',
  members: Object.freeze({ type: 'custom' }),
})

/** Free text as the argument object every dialect knows: `{"input":"…"}`. */
export function encodeCustomInput(text: string): string {
  return JSON.stringify({ input: text })
}

/** The free text of a custom call, or `null` for a function call. */
export function decodeCustomInput(block: ToolUseBlock): string | null {
  if (block.opaque?.dialect !== 'openai-chat' || block.opaque.members.type !== 'custom') return null
  try {
    return textOf(tryObject(JSON.parse(block.inputJson))?.input)
  } catch {
    // Cut off in the middle: what there is, is the best there is.
    return block.inputJson
  }
}
