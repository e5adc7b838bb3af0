import type { ToolUseBlock } from '../../core/block.ts'
import type { Opaque } from '../../core/opaque.ts'

/** Marks a server's call of a `custom` tool, whose argument is free text, so that Chat can write it back as such. */
export const CUSTOM_CALL: Opaque = Object.freeze({
  dialect: 'openai-chat',
  members: Object.freeze({ type: 'custom' }),
})

/** Free text as the argument object every dialect knows: `{"input":"…"}`. */
export function encodeCustomInput(text: string): string {
  return JSON.stringify({ input: text })
}

/**
 * Whether a call is written as one of a `custom` tool.
 *
 * @param customs names of the tools that were offered as such
 */
export function isCustomCall({ name, opaque }: ToolUseBlock, customs: ReadonlySet<string>): boolean {
  return customs.has(name) || (opaque?.dialect === 'openai-chat' && opaque.members.type === 'custom')
}
