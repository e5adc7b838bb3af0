import { type ErrorKind, ProxyError, type UpstreamFailure } from '../../core/errors.ts'
import { textOf } from '../../core/json.ts'
import { redactArns } from '../../core/secret.ts'
import { tryJson } from '../../core/try-json.ts'
import { tryAwsError } from '../cloud/aws-error.ts'
import { cloudFailure } from '../cloud/cloud-error.ts'

export function decodeError(failure: UpstreamFailure): ProxyError {
  return cloudFailure(failure, tryAwsError(failure, tryJson(failure.body)))
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
