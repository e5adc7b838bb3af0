import { ProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { openTarget } from './open-target.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { type RequestBody, readRequestBody } from './request-body.ts'

/**
 * One chat request, as a straight line: admit, read, check, route, try the targets in order, answer.
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
    return await openFirst(deps, exchange, body, targets)
  } catch (thrown) {
    return refuse(exchange, thrown)
  }
}

/** Tries the targets in order until one answers; the last one's error is the answer if none does. */
async function openFirst(
  deps: PipelineDeps,
  exchange: Exchange,
  body: RequestBody,
  targets: readonly Target[],
): Promise<Outbound> {
  let last: ProxyError | null = null
  for (const target of targets) {
    try {
      return await openWithin(deps, exchange, body, target)
    } catch (thrown) {
      if (!(thrown instanceof ProxyError) || thrown.traits.tries === 'nobody') throw thrown
      exchange.attemptFailed(thrown)
      last = thrown
    }
  }
  throw last ?? new ProxyError('internal', 'a route without targets')
}

/** One attempt under its deadline for the first event, and under the client's patience. */
async function openWithin(
  deps: PipelineDeps,
  exchange: Exchange,
  body: RequestBody,
  target: Target,
): Promise<Outbound> {
  const { signal } = exchange.inbound
  const abort = new AbortController()
  const onClientGone = (): void => abort.abort(signal.reason)
  if (signal.aborted) throw signal.reason
  signal.addEventListener('abort', onClientGone, { once: true })
  const cancelDeadline = deps.scheduler.after(deps.timeouts.firstEventMs, () => {
    abort.abort(new ProxyError('upstream_timeout', 'the upstream did not begin to answer in time'))
  })
  try {
    const upstream = deps.upstreams[target.provider.dialect]
    return await openTarget({ deps, exchange, body, target, upstream, abort })
  } catch (thrown) {
    signal.removeEventListener('abort', onClientGone)
    throw abort.signal.aborted ? abort.signal.reason : thrown
  } finally {
    cancelDeadline()
  }
}
