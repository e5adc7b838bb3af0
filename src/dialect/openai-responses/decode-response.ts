import { collect } from '../../core/collect.ts'
import type { DecodeContext } from '../../core/dialect.ts'
import type { StreamEvent } from '../../core/event.ts'
import { tryObject } from '../../core/json.ts'
import type { ChatResponse } from '../../core/response.ts'
import { malformed } from '../faults.ts'
import { decodeFailure } from './failure.ts'
import { openEventReader } from './stream-decoder.ts'

const FAILED: ReadonlySet<unknown> = new Set(['failed', 'cancelled'])

/** A whole response as a canonical one. A failed one is thrown with the kind it deserves. */
export function decodeResponse(json: unknown, context: DecodeContext): ChatResponse {
  const response = tryObject(json)
  if (response === null) throw malformed('it is no JSON object')
  // A failed one may say no more than that.
  if (tryObject(response.error) !== null || FAILED.has(response.status)) throw decodeFailure(response)
  if (!Array.isArray(response.output)) throw malformed('output is missing')
  const events: StreamEvent[] = []
  openEventReader(context, (event) => events.push(event)).read('response.completed', { response })
  return collect(events)
}
