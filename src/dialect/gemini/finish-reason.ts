import type { FinishReason } from '../../core/event.ts'

/** What an answer is withheld for. */
const WITHHELD = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
  'JAILBREAK',
])

/** The model failed at writing a call: nothing that a client could go on with, and worth another try. */
const BROKEN = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MALFORMED_RESPONSE'])

export function isBroken(reason: string): boolean {
  return BROKEN.has(reason)
}

/**
 * `STOP` stands beside calls too: their presence decides.
 *
 * @param isBlocked the reason is one for which the prompt was not answered at all
 */
export function decodeFinishReason(reason: string, hasCalls: boolean, isBlocked: boolean): FinishReason {
  if (isBlocked) return { kind: 'refusal' }
  if (reason === 'MAX_TOKENS') return { kind: 'max_tokens' }
  if (WITHHELD.has(reason)) return { kind: 'refusal' }
  if (hasCalls) return { kind: 'tool_use' }
  return reason === 'STOP' ? { kind: 'end_turn' } : { kind: 'unknown', dialect: 'gemini', reason }
}
