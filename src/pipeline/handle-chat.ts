import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { readRequestBody } from './request-body.ts'
import { tryTargets } from './try-targets.ts'

/**
 * One chat request, as a straight line: admit, read, check, route, try the targets, answer.
 * Never throws; every ending settles the account once.
 */
export async function handleChat(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const bytes = await inbound.readBody()
    const body = readRequestBody(bytes, inbound.surface)
    exchange.asked(body.envelope, bytes.byteLength)
    const targets = deps.router.route(body.envelope.model)
    return await tryTargets(deps, exchange, body, targets)
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}
