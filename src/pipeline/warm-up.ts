import { NO_USAGE } from '../core/usage.ts'
import { permittedBody } from './authorize.ts'
import type { Exchange } from './exchange.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import { remember } from './remember.ts'
import { readRequestBody } from './request-body.ts'
import { resume } from './resume.ts'
import { routeRequest } from './route-request.ts'
import { writeAnswer } from './write-answer.ts'

/**
 * Answers a request that wants no answer yet, only to be gone on from: checked as every other, answered here with
 * nothing, for nothing. Throws what `handleChat` makes a refusal of.
 */
export function warmUp(deps: PipelineDeps, exchange: Exchange, bytes: Uint8Array): Outbound {
  const { surface, requestId } = exchange.inbound
  const read = readRequestBody(bytes, surface)
  exchange.asked(read.envelope, bytes.byteLength)
  const permitted = permittedBody(exchange, read)
  const targets = routeRequest(deps, exchange, permitted.envelope)
  const { body } = resume(deps, exchange, permitted, targets)
  const options = { requestId, wallMs: deps.clock.wallMs(), request: surface.decodeRequest(body.envelope) }
  const nothing = writeAnswer({ ...NOTHING, model: body.envelope.model }, surface, options)
  return remember(deps, exchange, body, exchange.answer(nothing))
}

const NOTHING = { id: '', blocks: [], reason: { kind: 'end_turn' }, usage: NO_USAGE } as const
