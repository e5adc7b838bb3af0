import { clientStatus, ProxyError, type UpstreamFailure } from '../../core/errors.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'
import { tryAwsError } from '../cloud/aws-error.ts'
import { cloudFailure } from '../cloud/cloud-error.ts'
import { tryGoogleError } from '../cloud/google-error.ts'
import { kindOfStatus } from '../kind-of-status.ts'

/** How this API words a prompt that does not fit; the second counts the answer in. */
const OVERFLOW = /prompt is too long|input length and `max_tokens` exceed context limit/i

const OVERFLOW_LEAD = 'prompt is too long'

/** Names that follow from a status where the kind alone would say less. */
const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/**
 * A non-2xx answer, whatever its body; the body is kept, for clients match its wording. A cloud that serves Claude
 * answers some errors in an envelope of its own, which Messages clients could not read.
 */
export function decodeError(failure: UpstreamFailure): ProxyError {
  const json = tryJson(failure.body)
  const cloud = tryAwsError(failure, json) ?? tryGoogleError(failure, json)
  if (cloud !== null) return cloudFailure(failure, cloud).withDetail({ isForeignBody: true })
  const error = tryObject(tryObject(json)?.error)
  const message = textOf(error?.message) || `the upstream answered ${failure.status}`
  const isContextOverflow = failure.status === 400 && OVERFLOW.test(message)
  return new ProxyError(kindOfStatus(failure.status), message, {
    detail: { upstream: failure, ...(isContextOverflow && { isContextOverflow }) },
  })
}

/** The error envelope. Clients compact on the words with which an overflow begins, whoever the upstream was. */
export function encodeError(error: ProxyError, requestId: string): Json {
  const { kind, message, detail, traits } = error
  const byStatus = kind.startsWith('upstream_') ? TYPE_BY_STATUS[clientStatus(error, 'anthropic')] : undefined
  const isUnsaid = detail.isContextOverflow === true && !OVERFLOW.test(message)
  return {
    type: 'error',
    error: {
      type: byStatus ?? traits.wire.anthropic.type,
      // Commands are lynkr's own: their refusals are told apart as the ends of their runs are.
      ...(kind.startsWith('sandbox_') && { code: kind }),
      message: isUnsaid ? `${OVERFLOW_LEAD}: ${message}` : message,
      ...(detail.code !== undefined && { details: { error_code: detail.code } }),
    },
    request_id: requestId,
  }
}

/** The stream's last event. JSON text holds no line end, so one `data` line is enough. */
export function encodeErrorEvent(error: ProxyError, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(encodeError(error, requestId))}\n\n`
}
