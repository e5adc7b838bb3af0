import type { Envelope } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'
import { isAbsent, readHead, readLimit } from '../openai-chat/read-members.ts'

/** Keys that lynkr bills, routes or chains by. */
export const ACTED_ON_KEYS: readonly string[] = [
  'model',
  'stream',
  'max_output_tokens',
  'previous_response_id',
  'background',
  'conversation',
]

/**
 * Checks the shape that every later step relies on: an object with a model, its input a text or a list of objects, and
 * the fields lynkr acts on. All else is the upstream's to judge. Throws `invalid_request` with the path.
 *
 * Refused are answers made in the background and conversations kept at the provider: what they cost, and whose they
 * are, could not be told from here.
 */
export function readEnvelope(value: unknown, shape: unknown = value): Envelope {
  const head = readHead(value, shape)
  const { previous_response_id: previous, background, conversation } = head.json
  checkInput(head.outline)
  if (!isAbsent(previous) && typeof previous !== 'string') throw invalid('previous_response_id', 'must be a string')
  if (!isAbsent(background) && background !== false) {
    throw invalid('background', 'is not possible here; ask with "stream": true for answers that take long')
  }
  if (!isAbsent(conversation)) {
    throw invalid('conversation', 'is not possible here; go on with previous_response_id, or send the whole input')
  }
  return { ...head, maxOutputTokens: readLimit(head.json, 'max_output_tokens') }
}

function checkInput({ input, messages }: Json): void {
  if (isAbsent(input)) {
    if (messages !== undefined) throw invalid('input', 'is missing; a body with `messages` belongs to another path')
    return
  }
  if (typeof input === 'string') return
  if (!Array.isArray(input)) throw invalid('input', 'must be a string or a list of items')
  for (let i = 0; i < input.length; i++) {
    const item = tryObject(input[i])
    if (item === null) throw invalid(`input.${i}`, 'must be an object')
    if (typeof item.type !== 'string' && typeof item.role !== 'string') {
      throw invalid(`input.${i}.type`, 'must be a string')
    }
  }
}
