import type { RedactedThinkingBlock, ThinkingBlock } from '../../core/block.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { seal, tryUnseal } from '../../core/sealed.ts'

/** Reasoning that a Responses server made: its id and its encrypted content, which only that vendor can read. */
const MADE_HERE = 'openai-responses'
/** A signature, and redacted thinking, of whatever vendor, on its way through a Responses client. */
const SIGNATURE = 'signature'
const REDACTED = 'redacted'

export type ReasoningBlock = ThinkingBlock | RedactedThinkingBlock

/**
 * A reasoning item as thinking: the summary, or the text of open models, is what can be read of it. Encrypted content
 * becomes the block's signature, marked as this vendor's own, unless it is a signature that lynkr put there.
 */
export function decodeReasoningItem(item: Json): ReasoningBlock {
  const encrypted = textOf(item.encrypted_content)
  const [redacted] = tryUnseal(encrypted, REDACTED) ?? []
  if (redacted !== undefined) return { type: 'redacted_thinking', data: redacted }
  const text = reasoningText(item)
  const [signature] = tryUnseal(encrypted, SIGNATURE) ?? []
  if (signature !== undefined) return { type: 'thinking', text, signature }
  return { type: 'thinking', text, signature: sealReasoning(item) }
}

/** What the item holds that only its vendor can read, as a signature; `''` if there is nothing. */
export function sealReasoning(item: Json): string {
  const encrypted = textOf(item.encrypted_content)
  return encrypted === '' ? '' : seal(MADE_HERE, [textOf(item.id), encrypted])
}

export function reasoningText(item: Json): string {
  const parts = listOf(item.summary).length > 0 ? listOf(item.summary) : listOf(item.content)
  return parts.map((part) => textOf(tryObject(part)?.text)).join('\n\n')
}

/** The item for thinking that a Responses server made; `null` for any other, which such a server would refuse. */
export function tryOwnItem({ text, signature }: ThinkingBlock): Json | null {
  const [id, encrypted] = tryUnseal(signature, MADE_HERE) ?? []
  if (id === undefined || encrypted === undefined) return null
  return { type: 'reasoning', ...(id !== '' && { id }), summary: summaryOf(text), encrypted_content: encrypted }
}

/**
 * What a Responses client gets to keep for thinking of whatever vendor. Where that is nothing, the seal alone: a server of
 * this dialect would look for the item by its id, and refuse the conversation.
 */
export function encryptedContent(block: ReasoningBlock): string {
  if (block.type === 'redacted_thinking') return seal(REDACTED, [block.data])
  const [, encrypted] = tryUnseal(block.signature, MADE_HERE) ?? []
  return encrypted ?? seal(SIGNATURE, [block.signature])
}

export function summaryOf(text: string): readonly Json[] {
  return text === '' ? [] : [{ type: 'summary_text', text }]
}
