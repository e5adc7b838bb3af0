import type { TextBlock } from '../../core/block.ts'
import type { Turn } from '../../core/request.ts'

/** What stands before an answer that answers nothing: a conversation has to begin with its user. */
export const OPENING: TextBlock = Object.freeze({ type: 'text', text: '[the conversation begins with an answer]' })

/**
 * Turns where the Messages API wants them: the first is a user's, and a system turn follows a user's, else it is told
 * as marked user text. What follows a turn does not move it, so that a conversation that grows keeps its beginning.
 */
export function placeTurns(turns: readonly Turn[]): readonly Turn[] {
  const placed: Turn[] = []
  let isUserBefore = false
  for (const turn of turns) {
    if (turn.role === 'assistant' && placed.length === 0) placed.push({ role: 'user', blocks: [OPENING] })
    placed.push(turn.role === 'system' && !isUserBefore ? asUser(turn) : turn)
    isUserBefore = turn.role !== 'assistant'
  }
  return placed
}

function asUser({ blocks }: Turn): Turn {
  return { role: 'user', blocks: [reminder('<system-reminder>'), ...blocks, reminder('</system-reminder>')] }
}

function reminder(text: string): TextBlock {
  return { type: 'text', text }
}
