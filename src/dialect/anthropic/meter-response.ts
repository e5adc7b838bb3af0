import type { AnswerMeter } from '../../core/dialect.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { noMessage } from './no-message.ts'
import { openUsageTally } from './usage.ts'

/** Reads usage and model of a whole message; `content` must be there, or it is none, and what it says is thrown. */
export function meterResponse(json: unknown): AnswerMeter {
  const message = tryObject(json)
  if (message === null || !Array.isArray(message.content)) throw noMessage(json)
  const tally = openUsageTally()
  tally.add(message.usage)
  return { usage: tally.usage(), model: textOf(message.model) || null }
}
