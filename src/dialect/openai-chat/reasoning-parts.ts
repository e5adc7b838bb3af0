import type { Envelope } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { readReasoning } from './reasoning.ts'

/**
 * The messages with signed reasoning among the parts of `content`, where Databricks reads it; `null` if none hands any
 * back. What bears no signature stays as it came: the server's model may insist on one.
 */
export function withReasoningParts({ json, outline }: Envelope): readonly unknown[] | null {
  if (!listOf(outline.messages).some((message) => Array.isArray(tryObject(message)?.reasoning_details))) return null
  return listOf(json.messages).map((message) => withPart(tryObject(message) ?? {}) ?? message)
}

function withPart(message: Json): Json | null {
  const { text, signature, encrypted } = readReasoning(message)
  if (message.role !== 'assistant' || signature === '' || encrypted.length > 0) return null
  const { content, reasoning_content: _, reasoning: __, reasoning_details: ___, ...rest } = message
  const part = { type: 'reasoning', summary: [{ type: 'summary_text', text, signature }] }
  const words = textOf(content) === '' ? listOf(content) : [{ type: 'text', text: content }]
  return { ...rest, content: [part, ...words] }
}
