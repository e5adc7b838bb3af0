import { ProxyError } from '../core/errors.ts'
import type { Fields } from '../core/fields.ts'
import { ERROR_BODY_BYTES_MAX } from '../core/limits.ts'
import { retryAfterMs, sentWallMs } from '../core/retry-after.ts'
import { withoutSecrets } from '../core/secret.ts'
import type { TransportResponse } from '../core/transport.ts'
import type { Attempt } from './attempt.ts'
import { readUpTo } from './read-answer.ts'

/** Whether an upstream answered with anything but an answer. */
export function isFailure({ status }: TransportResponse): boolean {
  return status < 200 || status > 299
}

/** What a failure says, with its body as far as it is kept, without our keys, and when to ask again. */
export async function decodeFailure(
  { deps, upstream, target }: Pick<Attempt, 'deps' | 'upstream' | 'target'>,
  response: TransportResponse,
): Promise<ProxyError> {
  const { status, headers } = response
  if (status < 400) {
    response.cancel()
    return new ProxyError('upstream_malformed', `the upstream answered ${status}; redirects are not followed`)
  }
  const { bytes } = await readUpTo(deps, response, ERROR_BODY_BYTES_MAX)
  const body = withoutSecrets(bytes, target.provider.keys)
  return withRetryAfter(upstream.decodeError({ status, headers, body }), headers, deps.clock.wallMs())
}

/** Dates in an answer relate to the clock that sent it, or to ours where it does not tell its own. */
function withRetryAfter(error: ProxyError, headers: Pick<Fields, 'get'>, wallMs: number): ProxyError {
  const sentMs = sentWallMs(headers)
  const waitMs = retryAfterMs(headers, Number.isNaN(sentMs) ? wallMs : sentMs)
  return waitMs === null ? error : error.afterMs(waitMs)
}
