import { ProxyError } from '../core/errors.ts'
import { RESPONSE_BYTES_MAX } from '../core/limits.ts'
import { type Target, targetUrl } from '../core/target.ts'
import type { TransportResponse } from '../core/transport.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { clientHeaders, upstreamHeaders } from './headers.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { readWhole } from './read-answer.ts'
import { refuse } from './refuse.ts'
import { readRequestBody, spliceMembers } from './request-body.ts'

/**
 * Endpoints that lynkr only carries: token counting and model lists. They cost no tokens, so nothing is metered;
 * whatever JSON the upstream says, refusals included, goes back as it came.
 */
export async function handleForward(
  deps: PipelineDeps,
  inbound: Inbound,
  endpoint: 'countTokens' | 'models' | 'embeddings',
): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const body = endpoint === 'models' ? null : await inbound.readBody()
    const model = body === null ? null : readRequestBody(body, inbound.surface).envelope.model
    const target = firstWith(deps.route(model), endpoint)
    exchange.attempting(target, 'passthrough', [])
    const outbound = await forward(deps, exchange, target, { endpoint, body: rename(body, model, target) })
    exchange.answered(outbound.status)
    exchange.wrote(outbound.body instanceof Uint8Array ? outbound.body.byteLength : 0)
    exchange.settle(null)
    return outbound
  } catch (thrown) {
    return refuse(exchange, thrown)
  }
}

function firstWith(targets: readonly Target[], endpoint: 'countTokens' | 'models' | 'embeddings'): Target {
  const target = targets.find((candidate) => candidate.provider.paths[endpoint] !== null)
  if (target === undefined) throw new ProxyError('not_found', 'no configured provider has this endpoint')
  return target
}

function rename(body: Uint8Array | null, model: string | null, target: Target): Uint8Array | null {
  return body === null || model === target.model ? body : spliceMembers(body, { model: target.model })
}

async function forward(
  deps: PipelineDeps,
  exchange: Exchange,
  target: Target,
  { endpoint, body }: { endpoint: 'countTokens' | 'models' | 'embeddings'; body: Uint8Array | null },
): Promise<Outbound> {
  const { inbound } = exchange
  const { provider } = target
  const response: TransportResponse = await deps.transport.send({
    method: body === null ? 'GET' : 'POST',
    url: targetUrl(target, provider.paths[endpoint] ?? '') + inbound.query,
    headers: upstreamHeaders({ ...inbound, trace: exchange.trace }, provider, deps.instanceId),
    body,
    signal: AbortSignal.any([inbound.signal, AbortSignal.timeout(deps.timeouts.firstEventMs)]),
  })
  const headers = clientHeaders(response.headers, exchange.showsRateLimits)
  headers.set('content-type', response.headers.get('content-type') ?? 'application/json')
  return { status: response.status, headers, body: await readWhole(deps, response, RESPONSE_BYTES_MAX) }
}
