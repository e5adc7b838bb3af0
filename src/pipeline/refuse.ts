import { clientStatus, type ProxyError, toProxyError } from '../core/errors.ts'
import type { AnswerFacts, Exchange } from './exchange.ts'
import { clientHeaders } from './headers.ts'
import { isPaid } from './permitted.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import { estimatePrompt } from './usage-estimate.ts'

/**
 * The answer to a request that failed before its commit point. An upstream's own answer goes to a client of the same
 * dialect byte for byte, status included: clients match on its wording.
 */
export function refuse({ protections }: PipelineDeps, exchange: Exchange, thrown: unknown): Outbound {
  const error = toProxyError(thrown)
  if (error.kind === 'overloaded') protections.listener.onShed(exchange.requestClass)
  const outbound = errorAnswer(exchange, error)
  exchange.answered(outbound.status)
  exchange.wrote(typeof outbound.body === 'string' || outbound.body instanceof Uint8Array ? outbound.body.length : 0)
  exchange.settle(error, error.kind === 'client_closed' ? leftBehind(exchange) : undefined)
  return outbound
}

/** Leaving early is no way to have prompts read for nothing: the one under way is charged, though nothing came of it. */
function leftBehind({ inbound, requestBytes, wasLeft }: Exchange): AnswerFacts | undefined {
  if (!wasLeft || !isPaid(inbound.label)) return undefined
  return { usage: estimatePrompt(requestBytes), isUsageEstimated: true, model: null, repairs: 0 }
}

function errorAnswer({ inbound, lane, shouldRetry, ownsAccount }: Exchange, error: ProxyError): Outbound {
  const { surface, requestId } = inbound
  const { upstream, isForeignBody, retryAfterMs } = error.detail
  const headers = upstream === undefined ? new Headers() : clientHeaders(upstream.headers, ownsAccount)
  const advice = shouldRetry ?? error.traits.retry
  if (advice !== null && !headers.has('x-should-retry')) headers.set('x-should-retry', String(advice))
  if (upstream !== undefined && lane === 'passthrough' && isForeignBody !== true) {
    headers.set('content-type', upstream.headers.get('content-type') ?? 'application/json')
    return { status: upstream.status, headers, body: upstream.body }
  }
  headers.set('content-type', 'application/json')
  if (retryAfterMs !== undefined && !headers.has('retry-after')) {
    headers.set('retry-after', String(Math.ceil(retryAfterMs / 1_000)))
  }
  return {
    status: clientStatus(error, surface.errorEnvelope),
    headers,
    body: JSON.stringify(surface.encodeError(error, requestId)),
  }
}
