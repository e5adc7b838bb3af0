import type { UpstreamFailure } from '../../core/errors.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { kindOfStatus } from '../kind-of-status.ts'
import type { CloudError } from './cloud-error.ts'

/** How Gemini and Vertex word a prompt that does not fit. */
const OVERFLOW = /exceeds the maximum number of tokens|input token count|prompt is too long|context (window|length)/i

/** What Google answers, with 400 and not 401, where an API key is wrong. */
const BAD_KEY = /API key not valid|API_KEY_INVALID|API key expired/i

/**
 * Reads `{"error": {"code", "message", "status"}}`, alone or in a list of one, as Google's APIs answer.
 *
 * @param json the parsed body, or the data of a stream's record
 * @returns `null` if it is no such error
 */
export function tryGoogleError({ status }: Pick<UpstreamFailure, 'status'>, json: unknown): CloudError | null {
  const error = errorIn(json)
  const message = error?.message
  if (typeof message !== 'string') return null
  if (typeof error?.code !== 'number' && typeof error?.status !== 'string') return null
  if (BAD_KEY.test(message)) return { kind: 'upstream_auth', message, isContextOverflow: false }
  return { kind: kindOfStatus(status), message, isContextOverflow: status === 400 && OVERFLOW.test(message) }
}

/** Status of an error inside a stream, whose HTTP status was 200. */
export function googleStatus(json: unknown): number {
  const code = errorIn(json)?.code
  return typeof code === 'number' && code >= 400 && code < 600 ? code : 500
}

function errorIn(json: unknown): Json | null {
  return tryObject(tryObject(Array.isArray(json) ? json[0] : json)?.error)
}
