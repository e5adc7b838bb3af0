import type { AnswerMeter } from '../../core/dialect.ts'
import type { ProxyError } from '../../core/errors.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { malformed } from '../faults.ts'
import { decodeStreamError } from './decode-error.ts'
import { decodeUsage } from './usage.ts'

/** The error that stands in the place of a completion, as some gateways send one with 200; `null` where none does. */
export function tryError(json: unknown): ProxyError | null {
  const wire = tryObject(json)
  return wire?.error && !Array.isArray(wire.choices) ? decodeStreamError(wire) : null
}

/**
 * Reads usage and model of a whole completion; `choices` must be there, or it is none. An `error` object in its place is
 * thrown with the kind it deserves.
 */
export function meterResponse(json: unknown): AnswerMeter {
  const completion = tryObject(json)
  const error = tryError(json)
  if (error !== null) throw error
  if (completion === null || !Array.isArray(completion.choices)) {
    throw malformed('the upstream answered with something that is not a completion')
  }
  const usage = tryObject(completion.usage)
  return { usage: usage === null ? null : decodeUsage(usage, completion), model: textOf(completion.model) || null }
}
