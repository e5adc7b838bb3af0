import { ProxyError } from '../../core/errors.ts'
import { streamError } from './stream-error.ts'
import { asWire } from './wire.ts'

/** What an answer of 200 that is no message says: the error that it is, as some gateways send one, or nothing. */
export function noMessage(json: unknown): ProxyError {
  const error = asWire(asWire(json)?.error)
  if (error !== null) return streamError(json, Buffer.from(JSON.stringify(json)))
  return new ProxyError('upstream_malformed', 'the upstream answered with something that is not a message')
}
