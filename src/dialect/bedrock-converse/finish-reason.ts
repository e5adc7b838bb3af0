import type { FinishReason } from '../../core/event.ts'
import { textOf, tryObject } from '../../core/json.ts'

const KINDS = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  guardrail_intervened: 'refusal',
  content_filtered: 'refusal',
  refusal: 'refusal',
  pause_turn: 'pause_turn',
  model_context_window_exceeded: 'context_exceeded',
} as const

/** The model failed at writing its answer: nothing that a client could go on with. */
export function isBroken(reason: unknown): boolean {
  return textOf(reason).startsWith('malformed_')
}

/** @param fields what `additionalModelResponseFieldPaths` asked for: the stop sequence that matched */
export function decodeFinishReason(reason: unknown, fields: unknown): FinishReason {
  const name = textOf(reason) || 'end_turn'
  if (name === 'stop_sequence') {
    const sequence = textOf(tryObject(fields)?.stop_sequence)
    return { kind: 'stop_sequence', sequence: sequence === '' ? null : sequence }
  }
  if (isKnown(name)) return { kind: KINDS[name] }
  return { kind: 'unknown', dialect: 'bedrock-converse', reason: name }
}

function isKnown(name: string): name is keyof typeof KINDS {
  return Object.hasOwn(KINDS, name)
}
