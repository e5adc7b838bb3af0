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

function hasForeign(message: unknown): boolean {
  return asWire(message)?.role === 'assistant' && blocksOf(message).some(isForeign)
}

function blocksOf(message: unknown): readonly unknown[] {
  const content = asWire(message)?.content
  return Array.isArray(content) ? content : []
}

function isForeign(value: unknown): boolean {
  const block = asWire(value)
  return block?.type === 'thinking' && isSealed(asText(block.signature))
}
