import type { AnswerMeter } from '../../core/dialect.ts'
import { decodeStreamError } from './decode-error.ts'
import { decodeUsage } from './usage.ts'
import { malformed, textOf, tryObject } from './wire.ts'

/**
 * Reads usage and model of a whole completion; `choices` must be there, or it is none. An `error` object in its place is
 * thrown with the kind it deserves.
 */
export function meterResponse(json: unknown): AnswerMeter {
  const completion = tryObject(json)
  if (completion?.error && !Array.isArray(completion.choices)) throw decodeStreamError(completion)
  if (completion === null || !Array.isArray(completion.choices)) {
    throw malformed('the upstream answered with something that is not a completion')
  }
  const usage = tryObject(completion.usage)
  return { usage: usage === null ? null : decodeUsage(usage, completion), model: textOf(completion.model) || null }
}
