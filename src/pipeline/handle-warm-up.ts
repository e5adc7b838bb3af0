import { NO_USAGE } from '../core/usage.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { goOn } from './go-on.ts'
import { permittedBody } from './permitted.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { remember } from './remember.ts'
import { readRequestBody } from './request-body.ts'
import { routeRequest } from './route-request.ts'
import { writeAnswer } from './write-answer.ts'

/**
 * A request that wants no answer yet, only to be gone on from: checked as every other, answered here with nothing, for
 * nothing. Never throws.
 */
export async function handleWarmUp(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const bytes = await inbound.readBody()
    const read = readRequestBody(bytes, inbound.surface)
    exchange.asked(read.envelope, bytes.byteLength)
    const permitted = permittedBody(exchange, read)
    const targets = routeRequest(deps, exchange, permitted.envelope)
    const { body } = goOn(deps, exchange, permitted, targets)
    const { surface, requestId } = inbound
    const options = { requestId, wallMs: deps.clock.wallMs(), request: surface.decodeRequest(body.envelope) }
    const nothing = writeAnswer({ ...NOTHING, model: body.envelope.model }, surface, options)
    return remember(deps, exchange, body, exchange.answer(nothing))
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

const NOTHING = { id: '', blocks: [], reason: { kind: 'end_turn' }, usage: NO_USAGE } as const
