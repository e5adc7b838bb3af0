import { type ErrorKind, ProxyError } from '../../core/errors.ts'
import { textOf, tryObject } from '../../core/json.ts'

interface Named {
  readonly kind: ErrorKind
  readonly status: number
}

/** What an error inside a 200 stream would have been before it. Source: errors page, snapshot 2026-08-22. */
const BY_TYPE: Readonly<Record<string, Named>> = {
  invalid_request_error: { kind: 'upstream_rejected', status: 400 },
  authentication_error: { kind: 'upstream_auth', status: 401 },
  billing_error: { kind: 'upstream_quota', status: 402 },
  permission_error: { kind: 'upstream_auth', status: 403 },
  not_found_error: { kind: 'upstream_rejected', status: 404 },
  conflict_error: { kind: 'upstream_rejected', status: 409 },
  request_too_large: { kind: 'upstream_rejected', status: 413 },
  rate_limit_error: { kind: 'upstream_rate_limited', status: 429 },
  api_error: { kind: 'upstream_error', status: 500 },
  timeout_error: { kind: 'upstream_error', status: 504 },
  overloaded_error: { kind: 'upstream_error', status: 529 },
}

const UNNAMED: Named = { kind: 'upstream_error', status: 500 }

/**
 * The failure that an SSE `error` event reports. Its data is kept as the upstream's body, with the status that the
 * same error has before a stream, so that it can still be answered as one until the commit point.
 *
 * @param json the event's parsed data
 * @param data the event's data as it came; copied
 */
export function streamError(json: unknown, data: Uint8Array): ProxyError {
  const error = tryObject(tryObject(json)?.error)
  const { kind, status } = BY_TYPE[textOf(error?.type)] ?? UNNAMED
  const message = textOf(error?.message) || 'the upstream reported an error'
  const headers = new Headers({ 'content-type': 'application/json' })
  return new ProxyError(kind, message, { detail: { upstream: { status, headers, body: data.slice() } } })
}
