import type { Envelope } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'
import { isAbsent, readHead, readLimit } from './read-members.ts'

/** Keys that lynkr bills or routes by. */
export const ACTED_ON_KEYS: readonly string[] = [
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'n',
]

/**
 * Checks the shape that every later step relies on: an object with a model, a list of messages that are objects with
 * a role, and the fields lynkr acts on. All else is the upstream's to judge. Throws `invalid_request` with the path.
 */
export function readEnvelope(value: unknown, shape: unknown = value): Envelope {
  const head = readHead(value, shape)
  const { json } = head
  checkMessages(head.outline)
  if (!isAbsent(json.stream_options) && tryObject(json.stream_options) === null) {
    throw invalid('stream_options', 'must be an object')
  }
  const newLimit = readLimit(json, 'max_completion_tokens')
  const oldLimit = readLimit(json, 'max_tokens')
  return { ...head, maxOutputTokens: newLimit ?? oldLimit }
}

function checkMessages(body: Json): void {
  const { messages } = body
  if (messages === undefined && body.input !== undefined) {
    throw invalid('messages', 'is missing; a body with `input` belongs to /v1/responses')
  }
  if (!Array.isArray(messages)) throw invalid('messages', 'must be a list')
  if (messages.length === 0) throw invalid('messages', 'must not be empty')
  for (let i = 0; i < messages.length; i++) {
    const message = tryObject(messages[i])
    if (message === null) throw invalid(`messages.${i}`, 'must be an object')
    if (typeof message.role !== 'string') throw invalid(`messages.${i}.role`, 'must be a string')
  }
}
