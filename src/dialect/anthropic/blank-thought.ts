import { type Json, tryObject } from '../../core/json.ts'

/**
 * Whether an answer of the conversation has no thought, for which some vendors refuse a request that may think: another
 * vendor's model gave it, or one that did not think.
 *
 * @param messages of the wire; their shape is enough
 */
export function lacksThought(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false
  for (let i = 0; i < messages.length; i++) if (isThoughtless(messages[i])) return true
  return false
}

/** The messages with a blank for each thought that is not there. */
export function withBlankThoughts(messages: readonly unknown[]): readonly unknown[] {
  return messages.map((message) => {
    if (!isThoughtless(message)) return message
    const { content, ...rest } = tryObject(message) ?? {}
    const blocks: readonly unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: content }]
    return { ...rest, content: [BLANK, ...blocks] }
  })
}

/** Empty text could count as none. */
const BLANK: Json = Object.freeze({ type: 'thinking', thinking: ' ', signature: '' })

/** On the way of every request to such a vendor, so by index. */
function isThoughtless(message: unknown): boolean {
  const wire = tryObject(message)
  if (wire?.role !== 'assistant') return false
  const { content } = wire
  if (!Array.isArray(content)) return true
  for (let i = 0; i < content.length; i++) if (tryObject(content[i])?.type === 'thinking') return false
  return true
}
