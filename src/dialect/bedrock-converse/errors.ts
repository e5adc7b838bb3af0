import { type ErrorKind, ProxyError, type UpstreamFailure } from '../../core/errors.ts'
import { redactArns } from '../../core/secret.ts'
import { tryParse } from '../anthropic/frame-type.ts'
import { kindOf, tryAwsError } from '../cloud/aws-error.ts'
import { textOf } from '../openai-chat/wire.ts'

export function decodeError(failure: UpstreamFailure): ProxyError {
  const told = tryAwsError(failure, tryParse(failure.body))
  const message = told?.message ?? `the upstream answered ${failure.status}`
  const isContextOverflow = told?.isContextOverflow === true && { isContextOverflow: true }
  return new ProxyError(told?.kind ?? kindOf(failure.status), message, {
    detail: { upstream: failure, ...isContextOverflow },
  })
}

/** Kinds of the exceptions that end a stream; any other is the model's or the service's failure. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  throttlingException: 'upstream_rate_limited',
  validationException: 'upstream_rejected',
  modelTimeoutException: 'upstream_timeout',
}

export function exceptionError(name: string, message: unknown): ProxyError {
  const told = redactArns(textOf(message)) || `the upstream ended its stream with ${name}`
  return new ProxyError(KINDS[name] ?? 'upstream_error', told)
}
