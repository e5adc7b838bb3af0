import { type Json, listOf } from '../core/json.ts'
import { refuse } from './refused.ts'
import { record } from './request.ts'

interface Turn {
  readonly role: unknown
  /** Position of its first message. */
  readonly at: number
  readonly blocks: Json[]
}

/** Refuses conversations whose turns do not fit: system messages out of place, calls and results that do not pair. */
export function checkTurns(messages: readonly Json[]): void {
  checkSystemPlaces(messages)
  const turns = mergedTurns(messages)
  if (turns[0]?.role === 'assistant') refuse('messages: first message must use the "user" role')
  const seen = new Set<unknown>()
  turns.forEach((turn, i) => {
    for (const id of idsOf(turn, 'tool_use', 'id')) {
      if (seen.has(id)) refuse(`messages.${turn.at}: \`tool_use\` ids must be unique`)
      seen.add(id)
    }
    checkResults(turn, turns[i - 1])
    checkCalls(turn, turns[i + 1])
  })
}

function checkSystemPlaces(messages: readonly Json[]): void {
  messages.forEach((message, i) => {
    if (message.role !== 'system') return
    if (i === 0) refuse('messages.0: use the top-level `system` parameter for the initial system prompt')
    const before = messages.slice(0, i).findLast((other) => other.role !== 'system')
    const after = messages.slice(i + 1).find((other) => other.role !== 'system')
    if (before?.role !== 'user' && after?.role !== 'assistant') {
      refuse(`messages.${i}: role 'system' must precede an assistant turn or follow a user turn`)
    }
  })
}

/** Neighbours of one role are one turn; system messages do not part them. */
function mergedTurns(messages: readonly Json[]): readonly Turn[] {
  const turns: Turn[] = []
  messages.forEach((message, at) => {
    if (message.role === 'system') return
    const blocks = typeof message.content === 'string' ? [{ type: 'text' }] : listOf(message.content).map(record)
    const last = turns.at(-1)
    if (last !== undefined && last.role === message.role) last.blocks.push(...blocks)
    else turns.push({ role: message.role, at, blocks: [...blocks] })
  })
  return turns
}

function checkResults(turn: Turn, before: Turn | undefined): void {
  const called = new Set(before === undefined ? [] : idsOf(before, 'tool_use', 'id'))
  const answered = new Set<unknown>()
  turn.blocks.forEach((block, i) => {
    if (block.type !== 'tool_result') return
    const id = block.tool_use_id
    if (!called.has(id)) {
      refuse(
        `messages.${turn.at}.content.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      )
    }
    if (answered.has(id)) {
      refuse(`messages.${turn.at}.content.${i}: each tool_use must have a single result. Found multiple: ${id}`)
    }
    answered.add(id)
  })
}

/** Results stand before anything else of their turn, or they do not count. */
function checkCalls(turn: Turn, after: Turn | undefined): void {
  const called = idsOf(turn, 'tool_use', 'id')
  if (called.length === 0) return
  const other = after?.blocks.findIndex((block) => block.type !== 'tool_result') ?? 0
  const leading = after === undefined ? [] : other < 0 ? after.blocks : after.blocks.slice(0, other)
  const answered = new Set(leading.map((block) => block.tool_use_id))
  const missing = called.filter((id) => !answered.has(id))
  if (missing.length === 0) return
  refuse(
    `messages.${after?.at ?? turn.at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
      `${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )
}

function idsOf(turn: Turn, type: string, member: string): readonly unknown[] {
  return turn.blocks.filter((block) => block.type === type).map((block) => block[member])
}
