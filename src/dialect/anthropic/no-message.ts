import { ProxyError } from '../../core/errors.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { streamError } from './stream-error.ts'

/** The error that stands in the place of a message, as some gateways send one with 200; `null` where none does. */
export function tryError(json: unknown): ProxyError | null {
  const wire = tryObject(json)
  if (wire === null || Array.isArray(wire.content)) return null
  if (tryObject(wire.error) !== null) return streamError(json, Buffer.from(JSON.stringify(json)))
  const message = textOf(wire.error)
  return message === '' ? null : new ProxyError('upstream_error', message)
}

/** What an answer that is no message says. */
export function noMessage(json: unknown): ProxyError {
  const nothing = 'the upstream answered with something that is not a message'
  return tryError(json) ?? new ProxyError('upstream_malformed', nothing)
}
