import { assertNever } from '../../core/assert.ts'
import type { FinishReason } from '../../core/event.ts'

/** What the answer held, which tells more than some servers' `finish_reason`. */
export interface Ending {
  /** `choices[0].finish_reason`; `''` when the server sent none. */
  readonly reason: string
  readonly hasToolCalls: boolean
  readonly hasRefusal: boolean
  /** vLLM's `stop_reason`: the stop sequence that matched. */
  readonly stopSequence: string | null
}

/** Many servers say `stop` beside tool calls, or `tool_calls` beside none: presence decides. */
export function decodeFinishReason(ending: Ending): FinishReason {
  switch (ending.reason) {
    case 'length':
      return { kind: 'max_tokens' }
    case 'content_filter':
      return { kind: 'refusal' }
    case 'stop':
    case 'tool_calls':
    case 'function_call':
    case '':
      if (ending.hasToolCalls) return { kind: 'tool_use' }
      if (ending.hasRefusal) return { kind: 'refusal' }
      if (ending.stopSequence !== null) return { kind: 'stop_sequence', sequence: ending.stopSequence }
      return { kind: 'end_turn' }
    default:
      if (ending.hasToolCalls) return { kind: 'tool_use' }
      return { kind: 'unknown', dialect: 'openai-chat', reason: ending.reason }
  }
}

/** @param hasRefusal whether the answer holds a refusal in words, which is an answer: libraries throw at a filtered one */
export function encodeFinishReason(reason: FinishReason, hasRefusal: boolean): string {
  switch (reason.kind) {
    case 'end_turn':
    case 'stop_sequence':
    case 'pause_turn':
      return 'stop'
    case 'max_tokens':
    case 'context_exceeded':
      return 'length'
    case 'tool_use':
      return 'tool_calls'
    case 'refusal':
      return hasRefusal ? 'stop' : 'content_filter'
    case 'unknown':
      return reason.dialect === 'openai-chat' ? reason.reason : 'stop'
    default:
      return assertNever(reason)
  }
}
