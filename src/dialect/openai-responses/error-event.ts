import type { ProxyError } from '../../core/errors.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { encodeError } from '../openai-chat/encode-error.ts'

export interface FailedAt {
  readonly requestId: string
  /** Of the response that was under way; `''` makes one of the request's. */
  readonly id: string
  /** How many events came before. */
  readonly sequence: number
  /** Members of the response as the client knows it. */
  readonly response?: Json
}

/** A stream's last event where it broke. Clients act on the code: they compact, wait, or ask again. */
export function failedEvent(error: ProxyError, { requestId, id, sequence, response = {} }: FailedAt): string {
  const { message, code, type } = tryObject(encodeError(error).error) ?? {}
  const failed = {
    output: [],
    usage: null,
    ...response,
    id: responseId(id, requestId),
    object: 'response',
    status: 'failed',
    error: { code: textOf(code) || textOf(type), message },
    incomplete_details: null,
  }
  return sseEvent('response.failed', { sequence_number: sequence, response: failed })
}

/** JSON text holds no line end, so one `data` line is enough. */
function sseEvent(type: string, members: Json): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

/** Shorter ids come again: Ollama's have three digits, drawn by chance. */
const UNIQUE_CHARS_MIN = 20

/**
 * The upstream's id in this dialect's form; where it has none, or one that another answer may have too, one made of the
 * request's: clients go on from an answer by its name.
 */
export function responseId(id: string, requestId: string): string {
  if (id.startsWith('resp_')) return id
  return `resp_${id.length < UNIQUE_CHARS_MIN ? requestId : id}`
}
