import type { ErrorKind, UpstreamFailure } from '../../core/errors.ts'
import { tryObject } from '../../core/json.ts'
import { redactArns } from '../../core/secret.ts'
import { kindOfStatus } from '../kind-of-status.ts'
import type { CloudError } from './cloud-error.ts'

/** Kinds by exception, where the status alone would say something else. Source: Bedrock API reference, 2026. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  ModelTimeoutException: 'upstream_timeout',
  ModelErrorException: 'upstream_error',
  ModelNotReadyException: 'upstream_rate_limited',
  ThrottlingException: 'upstream_rate_limited',
  ServiceQuotaExceededException: 'upstream_rate_limited',
  ServiceUnavailableException: 'upstream_error',
  AccessDeniedException: 'upstream_auth',
  ExpiredTokenException: 'upstream_auth',
  InvalidSignatureException: 'upstream_auth',
  UnrecognizedClientException: 'upstream_auth',
  ResourceNotFoundException: 'upstream_rejected',
  ValidationException: 'upstream_rejected',
}

/** How Bedrock words a prompt that does not fit; models of others have words of their own. */
const OVERFLOW =
  /input is too long|prompt is too long|too many input tokens|maximum (context|number of (input )?tokens)|context (window|length)/i

/**
 * Reads `{"message": …}` with the exception's name in a header, as services of AWS answer.
 *
 * @param json the parsed body
 * @returns `null` if it is no such error
 */
export function tryAwsError({ status, headers }: UpstreamFailure, json: unknown): CloudError | null {
  // The name may have an address behind it: `ValidationException:http://…`.
  const name = headers.get('x-amzn-errortype')?.split(':')[0] ?? ''
  const said = messageOf(json)
  if (name === '' && said === null) return null
  const message = redactArns(said ?? `${name} (${status})`)
  const kind = KINDS[name] ?? kindOfStatus(status)
  return { kind, message, isContextOverflow: status === 400 && OVERFLOW.test(message) }
}

/** Some services write a capital. An error inside another envelope is not meant. */
function messageOf(json: unknown): string | null {
  const wire = tryObject(json)
  if (wire === null || 'error' in wire || 'error_code' in wire) return null
  const message = wire.message ?? wire.Message
  return typeof message === 'string' ? message : null
}
