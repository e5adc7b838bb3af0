import { admit } from './admit.ts'
import { throughCache } from './answer-cache.ts'
import { permittedBody } from './authorize.ts'
import { Exchange } from './exchange.ts'
import { keepThread } from './keep-thread.ts'
import { openTarget } from './open-target.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { remember } from './remember.ts'
import { readRequestBody } from './request-body.ts'
import { reserve } from './reserve.ts'
import { resume } from './resume.ts'
import { routeRequest } from './route-request.ts'
import { tryTargets } from './try-targets.ts'
import { warmUp } from './warm-up.ts'

/**
 * One chat request, as a straight line: admit, read, check, route, go on from an earlier answer, look into the cache, set
 * the money aside, try the targets, answer, remember. Never throws; every ending settles the account once.
 */
export async function handleChat(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const bytes = await inbound.readBody()
    if (inbound.isWarmUp?.() === true) return warmUp(deps, exchange, bytes)
    const { router, outline } = deps
    const read = readRequestBody(bytes, inbound.surface, router.speaks(inbound.surface.id) ? outline : null)
    exchange.asked(read.envelope, bytes.byteLength)
    const body = permittedBody(exchange, read)
    const targets = routeRequest(deps, exchange, body.envelope)
    const resumed = keepThread(deps, exchange, resume(deps, exchange, body, targets))
    const outbound = await throughCache(deps, exchange, resumed, async () => {
      const reserved = await reserve(deps, exchange, resumed.body, resumed.targets)
      return tryTargets(deps, exchange, reserved, openTarget)
    })
    return remember(deps, exchange, resumed.body, outbound)
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}
