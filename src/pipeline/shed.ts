import { ProxyError } from '../core/errors.ts'
import { jitteredRetryAfterMs } from '../resilience/jittered-retry-after.ts'
import type { RequestClass } from '../resilience/request-class.ts'
import { type ShedReason, shed } from '../resilience/shedder.ts'
import { Exchange } from './exchange.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'

/**
 * The hard limit, for every class alike: asked before anything about the request is known, authentication included.
 *
 * @returns the refusal, or `null` to go on
 */
export function shedAtTheDoor(deps: PipelineDeps, inbound: Inbound): Outbound | null {
  const { shedder, open } = deps.protections
  const reason = shed(shedder, 'main', open.size)
  return reason === null ? null : refuse(deps, new Exchange(deps, inbound), overloaded(deps, reason))
}

/**
 * Lets a request of this class in, or refuses it before anything of its body is read. The request is counted as under
 * way already.
 *
 * @throws ProxyError `overloaded`, with a jittered Retry-After
 */
export function shedOrAdmit(deps: PipelineDeps, requestClass: RequestClass): void {
  const { shedder, open } = deps.protections
  const reason = shed(shedder, requestClass, open.size - 1)
  if (reason !== null) throw overloaded(deps, reason)
}

function overloaded({ random }: PipelineDeps, reason: ShedReason): ProxyError {
  return new ProxyError('overloaded', `lynkr is at its limit (${reason}); try again in a moment`, {
    detail: { retryAfterMs: jitteredRetryAfterMs(random), facts: { reason } },
  })
}
