import { textOf, tryObject } from '../../core/json.ts'
import { isSealed } from '../../core/sealed.ts'

/**
 * Whether any message holds thinking that another vendor sealed or left unsigned, for which this API would refuse the whole
 * request. A session that moves from one provider to another brings such thinking along.
 */
export function hasForeignThinking(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false
  for (let i = 0; i < messages.length; i++) if (hasForeign(messages[i])) return true
  return false
}

/** Messages without that thinking, and without those that held nothing else. */
export function withoutForeign(messages: unknown): readonly unknown[] {
  if (!Array.isArray(messages)) return []
  return messages.flatMap((message: unknown) => {
    if (!hasForeign(message)) return [message]
    const content = blocksOf(message).filter((block) => !isForeign(block))
    return content.length === 0 ? [] : [{ ...tryObject(message), content }]
  })
}

/** On the way of every request, so by index: only assistants think. */
function hasForeign(message: unknown): boolean {
  const wire = tryObject(message)
  if (wire?.role !== 'assistant' || !Array.isArray(wire.content)) return false
  const { content } = wire
  for (let i = 0; i < content.length; i++) if (isForeign(content[i])) return true
  return false
}

function blocksOf(message: unknown): readonly unknown[] {
  const content = tryObject(message)?.content
  return Array.isArray(content) ? content : []
}

/** Whether a block is such thinking. */
export function isForeign(value: unknown): boolean {
  const block = tryObject(value)
  if (block?.type === 'redacted_thinking') return isForeignData(textOf(block.data))
  return block?.type === 'thinking' && isSealed(textOf(block.signature))
}

/** Redacted thinking of Claude is base64. What a Chat server encrypted is kept as the JSON that it came in. */
export function isForeignData(data: string): boolean {
  return data.startsWith('{')
}
