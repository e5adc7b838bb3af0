import { ProxyError } from '../core/errors.ts'
import type { RequestClass } from '../core/request-class.ts'
import { jitteredRetryAfterMs } from '../resilience/jittered-retry-after.ts'
import { type ShedReason, shed } from '../resilience/shedder.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuseAtTheDoor } from './refuse.ts'

/**
 * The hard limit, for every class alike: asked before anything about the request is known, authentication included.
 *
 * @returns the refusal, or `null` to go on
 */
export function shedAtTheDoor(deps: PipelineDeps, inbound: Inbound): Outbound | null {
  const { shedder, open } = deps.protections
  const reason = shed(shedder, 'main', open.size)
  return reason === null ? null : refuseAtTheDoor(deps, inbound, overloaded(deps, reason))
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
  const seconds = Math.ceil(jitteredRetryAfterMs(random) / 1_000)
  return PREPARED[reason][seconds - 1] ?? refusal(reason, seconds)
}

function refusal(reason: ShedReason, seconds: number): ProxyError {
  return new ProxyError('overloaded', `lynkr is at its limit (${reason}); try again in a moment`, {
    detail: { retryAfterMs: seconds * 1_000, facts: { reason } },
  })
}

function prepare(reason: ShedReason): readonly ProxyError[] {
  return [1, 2, 3, 4, 5].map((seconds) => refusal(reason, seconds))
}

/** By reason and seconds. Made once: the stack that an error takes down costs more than what is decided about it. */
const PREPARED: Readonly<Record<ShedReason, readonly ProxyError[]>> = {
  active_requests: prepare('active_requests'),
  memory: prepare('memory'),
  heap: prepare('heap'),
  loop_lag: prepare('loop_lag'),
  queue_wait: prepare('queue_wait'),
}
