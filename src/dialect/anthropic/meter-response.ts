import type { AnswerMeter } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import { openUsageTally } from './usage.ts'
import { asText, asWire } from './wire.ts'

/** Reads usage and model of a whole message; `content` must be there, or it is none. */
export function meterResponse(json: unknown): AnswerMeter {
  const message = asWire(json)
  if (message === null || !Array.isArray(message.content)) {
    throw new ProxyError('upstream_malformed', 'the upstream answered with something that is not a message')
  }
  const tally = openUsageTally()
  tally.add(message.usage)
  return { usage: tally.usage(), model: asText(message.model) || null }
}
