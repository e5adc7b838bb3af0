import type { Dropped } from '../../core/dialect.ts'
import { droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'
import type { FittedMessages } from './fold-system.ts'
import { asText, asWire, type Wire } from './wire.ts'

/** Whether the messages hold a block of a type that a server does not know. On the way of every request to it, so by index. */
export function hasUnknownBlock(messages: unknown, known: readonly string[]): boolean {
  if (!Array.isArray(messages)) return false
  for (let i = 0; i < messages.length; i++) if (holdsUnknown(asWire(messages[i])?.content, known)) return true
  return false
}

function holdsUnknown(content: unknown, known: readonly string[]): boolean {
  if (!Array.isArray(content)) return false
  for (let i = 0; i < content.length; i++) {
    const block = asWire(content[i])
    if (block === null) continue
    if (!known.includes(asText(block.type))) return true
    if (block.type === 'tool_result' && holdsUnknown(block.content, known)) return true
  }
  return false
}

/** The messages with what such blocks say told as text, or without them, and without those that held nothing else. */
export function withToldBlocks(messages: readonly unknown[], known: readonly string[]): FittedMessages {
  const lost = new Set<Dropped>()

  function told(content: readonly unknown[]): readonly unknown[] {
    return content.flatMap((value) => {
      const block = asWire(value)
      if (block === null) return [value]
      if (known.includes(asText(block.type))) {
        const { type, content: results } = block
        return [type === 'tool_result' && Array.isArray(results) ? { ...block, content: told(results) } : block]
      }
      lost.add(droppedName('block', asText(block.type)))
      const text = textOf(block)
      return text === '' ? [] : [{ type: 'text', text }]
    })
  }

  const kept = messages.flatMap((message) => {
    const wire = asWire(message)
    if (wire === null || !Array.isArray(wire.content) || !holdsUnknown(wire.content, known)) return [message]
    const content = told(wire.content)
    return content.length === 0 ? [] : [{ ...wire, content }]
  })
  return { messages: kept, lost: [...lost] }
}

function textOf(block: Wire): string {
  if (block.type !== 'document') return toldText(block)
  const source = asWire(block.source)
  if (source?.type === 'text') return asText(source.data)
  if (source?.type === 'content') return toldText(block)
  const where = source?.type === 'url' ? ` at ${asText(source.url)}` : ''
  return `[a document${where} was here that this model cannot be shown: ${asText(block.title) || 'document'}]`
}
