import type { Block } from '../../core/block.ts'
import { type Json, tryObject } from '../../core/json.ts'
import type { Turn } from '../../core/request.ts'
import { roundsOf } from '../../core/rounds.ts'
import { isSealed } from '../../core/sealed.ts'
import { claudeVersion } from './claude-version.ts'
import { isForeign, isForeignData } from './foreign-thinking.ts'

/** The first that thinks on behind a call without the thought that led to it. */
const FORGIVING_FROM = 46

/** Whether a model with a budget of thinking insists that an answer whose calls it goes on from begins with one. */
export function wantsThought(model: string): boolean {
  return (claudeVersion(model) ?? FORGIVING_FROM) < FORGIVING_FROM
}

/**
 * Whether the conversation stands behind a call that no thought of Claude's led to: another vendor's model made it,
 * while the session was there.
 *
 * @param messages of the wire; their shape is enough
 */
export function standsBehindThoughtless(messages: unknown): boolean {
  if (!Array.isArray(messages) || !hasResult(messages.at(-1))) return false
  const answer = tryObject(messages.findLast((message) => tryObject(message)?.role === 'assistant'))
  const content: readonly unknown[] = Array.isArray(answer?.content) ? answer.content : []
  const first = tryObject(content.find((block) => !isForeign(block)))
  return first?.type !== 'thinking' && first?.type !== 'redacted_thinking'
}

/** The same of turns. */
export function endsBehindThoughtless(turns: readonly Turn[]): boolean {
  const last = roundsOf(turns).at(-1)
  if (last === undefined || last.results.length === 0) return false
  const first = last.assistant.find((block) => !isLost(block))
  return first?.type !== 'thinking' && first?.type !== 'redacted_thinking'
}

function hasResult(message: unknown): boolean {
  const { role, content }: Json = tryObject(message) ?? {}
  return role === 'user' && Array.isArray(content) && content.some((block) => tryObject(block)?.type === 'tool_result')
}

/** A thought that does not go to Claude. */
function isLost(block: Block): boolean {
  if (block.type === 'redacted_thinking') return isForeignData(block.data)
  return block.type === 'thinking' && (block.signature === '' || isSealed(block.signature))
}

/** What must change in a body so that it asks for no thoughts to be cleared, which is refused where none are made. */
export function withoutClearing({ context_management: management }: Json): Json {
  const wire = tryObject(management)
  if (wire === null || !Array.isArray(wire.edits)) return {}
  const edits = wire.edits.filter((edit) => !String(tryObject(edit)?.type).startsWith('clear_thinking'))
  if (edits.length === wire.edits.length) return {}
  return { context_management: edits.length === 0 ? undefined : { ...wire, edits } }
}
