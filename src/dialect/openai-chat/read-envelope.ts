import type { Envelope } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'

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
export function readEnvelope(json: unknown, shape: unknown = json): Envelope {
  const body = tryObject(json)
  const outline = tryObject(shape)
  if (body === null || outline === null) throw invalid('', 'the body must be a JSON object')
  if (typeof body.model !== 'string' || body.model === '') throw invalid('model', 'must be a non-empty string')
  checkMessages(outline)
  if (!isAbsent(body.stream) && typeof body.stream !== 'boolean') throw invalid('stream', 'must be true or false')
  if (!isAbsent(body.stream_options) && tryObject(body.stream_options) === null) {
    throw invalid('stream_options', 'must be an object')
  }
  const newLimit = readLimit(body, 'max_completion_tokens')
  const oldLimit = readLimit(body, 'max_tokens')
  return { model: body.model, stream: body.stream === true, maxOutputTokens: newLimit ?? oldLimit, json: body, outline }
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

function readLimit(body: Json, field: string): number | null {
  const limit = body[field]
  if (isAbsent(limit)) return null
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return limit
  throw invalid(field, 'must be a whole number of at least 1')
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}
