import { ProxyError } from '../../core/errors.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { decodeStreamError } from '../openai-chat/decode-error.ts'

/** Codes of what the request itself is to blame for; asking again, or elsewhere, would not help. */
const REFUSED = /^(invalid_|bio_policy|cyber_policy|image_|unsupported_|empty_image|failed_to_download_image)/

/**
 * The failure in an `error` event, `{code, message}` or nested as in bodies, or in a failed response's `error`, with
 * the kind that the same would have had before the stream.
 */
export function decodeFailure(wire: Json): ProxyError {
  const error = tryObject(wire.error) ?? wire
  const failure = decodeStreamError({ error: { message: error.message, code: error.code, type: errorType(error) } })
  if (failure.kind !== 'upstream_error' || !REFUSED.test(textOf(error.code))) return failure
  return new ProxyError('upstream_rejected', failure.message)
}

/** An `error` event's own type says only that it is one. */
function errorType(error: Json): string {
  const type = textOf(error.type)
  return type === 'error' ? '' : type
}
