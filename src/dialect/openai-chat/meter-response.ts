import type { AnswerMeter } from '../../core/dialect.ts'
import { decodeUsage } from './usage.ts'
import { malformed, textOf, tryObject } from './wire.ts'

/** Reads usage and model of a whole completion; `choices` must be there, or it is none. */
export function meterResponse(json: unknown): AnswerMeter {
  const completion = tryObject(json)
  if (completion === null || !Array.isArray(completion.choices)) {
    throw malformed('the upstream answered with something that is not a completion')
  }
  const usage = tryObject(completion.usage)
  return { usage: usage === null ? null : decodeUsage(usage, completion), model: textOf(completion.model) || null }
}
