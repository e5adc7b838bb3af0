import { isSealed } from '../../core/sealed.ts'
import { asText, asWire } from './wire.ts'

/**
 * Messages without the thinking that another vendor sealed, for which this API would refuse the whole request; `null`
 * where there is none. A session that moves from one provider to another brings such thinking along.
 */
export function tryWithoutForeign(messages: unknown): readonly unknown[] | null {
  if (!Array.isArray(messages) || !messages.some(hasForeign)) return null
  return messages.flatMap((message: unknown) => {
    if (!hasForeign(message)) return [message]
    const content = blocksOf(message).filter((block) => !isForeign(block))
    return content.length === 0 ? [] : [{ ...asWire(message), content }]
  })
}

/** On the way of every request, so by index: only assistants think. */
function hasForeign(message: unknown): boolean {
  const wire = asWire(message)
  if (wire?.role !== 'assistant' || !Array.isArray(wire.content)) return false
  const { content } = wire
  for (let i = 0; i < content.length; i++) if (isForeign(content[i])) return true
  return false
}

function blocksOf(message: unknown): readonly unknown[] {
  const content = asWire(message)?.content
  return Array.isArray(content) ? content : []
}

function isForeign(value: unknown): boolean {
  const block = asWire(value)
  return block?.type === 'thinking' && isSealed(asText(block.signature))
}
