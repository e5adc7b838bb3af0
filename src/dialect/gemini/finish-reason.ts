import type { FinishReason } from '../../core/event.ts'

/** The answer, or the prompt already, was withheld. */
const WITHHELD = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'MODEL_ARMOR',
  'JAILBREAK',
])

/** The model failed at writing a call: nothing that a client could go on with, and worth another try. */
const BROKEN = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MALFORMED_RESPONSE'])

export function isBroken(reason: string): boolean {
  return BROKEN.has(reason)
}

/** `STOP` stands beside calls too: their presence decides. */
export function decodeFinishReason(reason: string, hasCalls: boolean): FinishReason {
  if (reason === 'MAX_TOKENS') return { kind: 'max_tokens' }
  if (WITHHELD.has(reason)) return { kind: 'refusal' }
  if (hasCalls) return { kind: 'tool_use' }
  return reason === 'STOP' ? { kind: 'end_turn' } : { kind: 'unknown', dialect: 'gemini', reason }
}
