import type { FinishReason } from '../../core/event.ts'
import { textOf } from '../../core/json.ts'

const KINDS = {
  end_turn: 'end_turn',
  max_tokens: 'max_tokens',
  tool_use: 'tool_use',
  pause_turn: 'pause_turn',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_exceeded',
} as const

const REASONS = { ...KINDS, context_exceeded: 'model_context_window_exceeded' } as const

/** A server that names no reason has ended its turn. */
export function decodeFinishReason(reason: unknown, sequence: unknown): FinishReason {
  const name = textOf(reason) || 'end_turn'
  if (name === 'stop_sequence') return { kind: name, sequence: typeof sequence === 'string' ? sequence : null }
  if (isKnown(name)) return { kind: KINDS[name] }
  return { kind: 'unknown', dialect: 'anthropic', reason: name }
}

/** The two wire members. A foreign reason that lynkr does not model becomes `end_turn`: clients know no other. */
export function encodeFinishReason(reason: FinishReason): { stop_reason: string; stop_sequence: string | null } {
  switch (reason.kind) {
    case 'stop_sequence':
      return { stop_reason: 'stop_sequence', stop_sequence: reason.sequence }
    case 'unknown':
      return { stop_reason: reason.dialect === 'anthropic' ? reason.reason : 'end_turn', stop_sequence: null }
    default:
      return { stop_reason: REASONS[reason.kind], stop_sequence: null }
  }
}

function isKnown(name: string): name is keyof typeof KINDS {
  return Object.hasOwn(KINDS, name)
}
