import type { TextBlock } from '../../core/block.ts'
import type { Turn } from '../../core/request.ts'
import { claudeVersion } from './claude-version.ts'

/** What stands before an answer that answers nothing: a conversation has to begin with its user. */
export const OPENING: TextBlock = Object.freeze({ type: 'text', text: '[the conversation begins with an answer]' })

/** What stands behind an answer that nobody has answered, before a model that goes on with none that was begun. */
export const CLOSING: TextBlock = Object.freeze({ type: 'text', text: '[go on]' })

/** The first Claude that refuses a conversation which ends in an answer. */
const NO_PREFILL_FROM = 46

/** Whether a model refuses to go on with an answer that was begun for it. */
export function refusesPrefill(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= NO_PREFILL_FROM
}

/** Around blocks of every kind: `reminder` is for what is text alone. */
const REMINDER_BEGIN: TextBlock = Object.freeze({ type: 'text', text: '<system-reminder>' })
const REMINDER_END: TextBlock = Object.freeze({ type: 'text', text: '</system-reminder>' })

/** The first Claude that takes system turns inside the conversation; no other vendor behind this API does. */
export const SYSTEM_FROM = 48

/**
 * Turns where the Messages API wants them: the first is a user's, and for models that insist on it so is the last. A
 * system turn that does not follow a user's is told as marked user text, and so is every one for a model that knows no
 * such turn. What follows a turn does not move it, so that a conversation that grows keeps its beginning.
 */
export function placeTurns(turns: readonly Turn[], model: string): readonly Turn[] {
  const knowsSystem = (claudeVersion(model) ?? 0) >= SYSTEM_FROM
  const placed: Turn[] = []
  let isUserBefore = false
  for (const turn of turns) {
    if (turn.role === 'assistant' && placed.length === 0) placed.push({ role: 'user', blocks: [OPENING] })
    placed.push(turn.role === 'system' && !(knowsSystem && isUserBefore) ? asUser(turn) : turn)
    isUserBefore = turn.role !== 'assistant'
  }
  if (turns.length > 0 && !isUserBefore && refusesPrefill(model)) placed.push({ role: 'user', blocks: [CLOSING] })
  return placed
}

function asUser(turn: Turn): Turn {
  return { ...turn, role: 'user', blocks: [REMINDER_BEGIN, ...turn.blocks, REMINDER_END] }
}
