import type { Dropped } from '../../core/dialect.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { droppedName } from '../dropped.ts'
import { reminder } from '../reminder.ts'
import { claudeVersion } from './claude-version.ts'
import { SYSTEM_FROM } from './place-turns.ts'

/** Messages as a server takes them, and what they lost. */
export interface FittedMessages {
  readonly messages: readonly unknown[]
  readonly lost: readonly Dropped[]
}

/**
 * Whether a server takes system messages inside of a conversation. Claude does from a version on, which a client knows
 * of the model that it asked for; of another vendor's server its row says it.
 *
 * @param asked the client's name of the model
 */
export function takesSystem(asked: string, model: string, midSystem: 'keep' | 'fold' | undefined): boolean {
  const version = claudeVersion(model)
  if (version === null) return midSystem !== 'fold'
  return version >= SYSTEM_FROM || version === claudeVersion(asked)
}

/** On the way of many requests, so by index. */
export function hasSystem(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false
  for (let i = 0; i < messages.length; i++) if (tryObject(messages[i])?.role === 'system') return true
  return false
}

/**
 * The messages with what system messages say told as marked user text, in one message with what the user says before and
 * behind it: some templates of chats insist on turns. What they say besides text is named as lost.
 */
export function withoutSystem(messages: readonly unknown[]): FittedMessages {
  const folded: unknown[] = []
  const lost = new Set<Dropped>()
  let isFolded = false
  for (const message of messages) {
    const wire = tryObject(message) ?? {}
    const before = tryObject(folded.at(-1))
    const isSystem = wire.role === 'system'
    const content = isSystem ? toldContent(wire, lost) : blocksOf(wire)
    if (isSystem && content.length === 0) continue
    if (before?.role === 'user' && (isSystem || (isFolded && wire.role === 'user'))) {
      folded[folded.length - 1] = { ...before, content: [...blocksOf(before), ...content] }
    } else folded.push(isSystem ? { role: 'user', content } : message)
    isFolded = isSystem
  }
  return { messages: folded, lost: [...lost] }
}

function toldContent({ role: _, content, ...members }: Json, lost: Set<Dropped>): readonly Json[] {
  for (const name of Object.keys(members)) lost.add(droppedName('turn', name))
  const texts: string[] = []
  for (const value of blocksOf({ content })) {
    const block = tryObject(value)
    if (block?.type === 'text') texts.push(textOf(block.text))
    else lost.add(droppedName('block', textOf(block?.type)))
  }
  const said = texts.filter((text) => text.trim() !== '').join('\n\n')
  return said === '' ? [] : [{ type: 'text', text: reminder(said) }]
}

function blocksOf({ content }: Json): readonly unknown[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return Array.isArray(content) ? content : []
}
