import { ProxyError } from '../../core/errors.ts'
import { streamError } from './stream-error.ts'
import { asText, asWire } from './wire.ts'

/** The error that stands in the place of a message, as some gateways send one with 200; `null` where none does. */
export function tryError(json: unknown): ProxyError | null {
  const wire = asWire(json)
  if (wire === null || Array.isArray(wire.content)) return null
  if (asWire(wire.error) !== null) return streamError(json, Buffer.from(JSON.stringify(json)))
  const message = asText(wire.error)
  return message === '' ? null : new ProxyError('upstream_error', message)
}

/** What an answer that is no message says. */
export function noMessage(json: unknown): ProxyError {
  const nothing = 'the upstream answered with something that is not a message'
  return tryError(json) ?? new ProxyError('upstream_malformed', nothing)
}
