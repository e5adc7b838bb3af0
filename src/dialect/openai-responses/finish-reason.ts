import type { FinishReason } from '../../core/event.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'

/** What an answer held, which tells more than its status. */
export interface Ending {
  readonly hasCalls: boolean
  readonly hasRefusal: boolean
}

export function decodeFinishReason(response: Json, { hasCalls, hasRefusal }: Ending): FinishReason {
  if (response.status === 'incomplete') {
    const reason = textOf(tryObject(response.incomplete_details)?.reason)
    if (reason === 'content_filter') return { kind: 'refusal' }
    if (reason === 'max_output_tokens' || reason === '') return { kind: 'max_tokens' }
    return { kind: 'unknown', dialect: 'openai-responses', reason }
  }
  if (hasCalls) return { kind: 'tool_use' }
  return { kind: hasRefusal ? 'refusal' : 'end_turn' }
}

/** Why an answer is incomplete, or `null` for one that is complete. A refusal in words is an answer. */
export function incompleteReason(reason: FinishReason, { hasRefusal }: Pick<Ending, 'hasRefusal'>): string | null {
  switch (reason.kind) {
    case 'max_tokens':
    case 'context_exceeded':
      return 'max_output_tokens'
    case 'refusal':
      return hasRefusal ? null : 'content_filter'
    case 'unknown':
      return reason.dialect === 'openai-responses' ? reason.reason : null
    default:
      return null
  }
}
