import type { Dropped } from '../../core/dialect.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'
import type { FittedMessages } from './fold-system.ts'

/** Whether the messages hold a block of a type that a server does not know. On the way of every request to it, so by index. */
export function hasUnknownBlock(messages: unknown, known: readonly string[]): boolean {
  if (!Array.isArray(messages)) return false
  for (let i = 0; i < messages.length; i++) if (holdsUnknown(tryObject(messages[i])?.content, known)) return true
  return false
}

function holdsUnknown(content: unknown, known: readonly string[]): boolean {
  if (!Array.isArray(content)) return false
  for (let i = 0; i < content.length; i++) {
    const block = tryObject(content[i])
    if (block === null) continue
    if (!known.includes(textOf(block.type))) return true
    if (block.type === 'tool_result' && holdsUnknown(block.content, known)) return true
  }
  return false
}

/** The messages with what such blocks say told as text, or without them, and without those that held nothing else. */
export function withToldBlocks(messages: readonly unknown[], known: readonly string[]): FittedMessages {
  const lost = new Set<Dropped>()

  function told(content: readonly unknown[]): readonly unknown[] {
    return content.flatMap((value) => {
      const block = tryObject(value)
      if (block === null) return [value]
      if (known.includes(textOf(block.type))) {
        const { type, content: results } = block
        return [type === 'tool_result' && Array.isArray(results) ? { ...block, content: told(results) } : block]
      }
      lost.add(droppedName('block', textOf(block.type)))
      const text = toldBlock(block)
      return text === '' ? [] : [{ type: 'text', text }]
    })
  }

  const kept = messages.flatMap((message) => {
    const wire = tryObject(message)
    if (wire === null || !Array.isArray(wire.content) || !holdsUnknown(wire.content, known)) return [message]
    const content = told(wire.content)
    return content.length === 0 ? [] : [{ ...wire, content }]
  })
  return { messages: kept, lost: [...lost] }
}

function toldBlock(block: Json): string {
  if (block.type !== 'document') return toldText(block)
  const source = tryObject(block.source)
  if (source?.type === 'text') return textOf(source.data)
  if (source?.type === 'content') return toldText(block)
  const where = source?.type === 'url' ? ` at ${textOf(source.url)}` : ''
  return `[a document${where} was here that this model cannot be shown: ${textOf(block.title) || 'document'}]`
}
