import {
  clientStatus,
  type ErrorEnvelope,
  type ProxyError,
  toProxyError,
  type UpstreamFailure,
} from '../core/errors.ts'
import { clientHeaders } from './client-headers.ts'
import { type AnswerFacts, Exchange } from './exchange.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { isPaid } from './spending.ts'

/**
 * The answer to a request that failed before its commit point. An upstream's own answer goes to a client of the same
 * dialect byte for byte, status included: clients match on its wording.
 */
export function refuse({ protections }: PipelineDeps, exchange: Exchange, thrown: unknown): Outbound {
  const error = toProxyError(thrown)
  if (error.kind === 'overloaded') protections.listener.onShed(exchange.requestClass)
  return exchange.answer(errorAnswer(exchange, error), leftBehind(exchange, error), error)
}

/** The same for a request that is refused before anything of it is read: it is counted and logged all the same. */
export function refuseAtTheDoor(deps: PipelineDeps, inbound: Inbound, error: ProxyError): Outbound {
  return refuse(deps, new Exchange(deps, inbound), error)
}

/** An attempt that its client did not wait for is charged, though nothing came of it. */
function leftBehind({ inbound, unanswered, wasLeft }: Exchange, error: ProxyError): AnswerFacts | undefined {
  const { isHasty, isUnsent } = error.detail
  const isLeft = error.kind === 'client_closed' ? wasLeft && isUnsent !== true : isHasty === true
  return isLeft && isPaid(inbound.label) ? unanswered : undefined
}

function errorAnswer(exchange: Exchange, error: ProxyError): Outbound {
  const { upstream } = error.detail
  return upstream === undefined ? ownAnswer(exchange, error) : upstreamAnswer(exchange, error, upstream)
}

/** All headers in one native call: each by itself costs as much as the rest of a refusal. */
function ownAnswer({ inbound, shouldRetry }: Exchange, error: ProxyError): Outbound {
  const headers = refusalHeaders(inbound.requestId)
  const advice = shouldRetry ?? error.traits.retry
  if (advice !== null) headers['x-should-retry'] = String(advice)
  const { retryAfterMs } = error.detail
  if (retryAfterMs !== undefined) headers['retry-after'] = secondsOf(retryAfterMs)
  return envelope(inbound, error, new Headers(headers))
}

/** Headers of every refusal of lynkr's own. */
export function refusalHeaders(requestId: string): Record<string, string> {
  return { 'content-type': 'application/json', 'x-lynkr-request-id': requestId, 'request-id': requestId }
}

/** The highest status that our server can answer with; some upstreams answer with more. */
const STATUS_MAX = 599

/** An upstream's status as it goes on with its answer: its own, where there is such a one. */
export function passedStatus(error: ProxyError, status: number, envelope: ErrorEnvelope): number {
  return status <= STATUS_MAX ? status : clientStatus(error, envelope)
}

function upstreamAnswer(
  { inbound, lane, shouldRetry, ownsAccount }: Exchange,
  error: ProxyError,
  upstream: UpstreamFailure,
): Outbound {
  const { isForeignBody, retryAfterMs } = error.detail
  const headers = clientHeaders(upstream.headers, ownsAccount)
  const advice = shouldRetry ?? error.traits.retry
  if (advice !== null && !headers.has('x-should-retry')) headers.set('x-should-retry', String(advice))
  if (lane === 'passthrough' && isForeignBody !== true) {
    headers.set('content-type', upstream.headers.get('content-type') ?? 'application/json')
    const status = passedStatus(error, upstream.status, inbound.surface.errorEnvelope)
    return { status, headers, body: upstream.body }
  }
  headers.set('content-type', 'application/json')
  if (retryAfterMs !== undefined && !headers.has('retry-after')) headers.set('retry-after', secondsOf(retryAfterMs))
  return envelope(inbound, error, headers)
}

function envelope({ surface, requestId }: Inbound, error: ProxyError, headers: Headers): Outbound {
  const body = JSON.stringify(surface.encodeError(error, requestId))
  return { status: clientStatus(error, surface.errorEnvelope), headers, body }
}

function secondsOf(ms: number): string {
  return String(Math.ceil(ms / 1_000))
}
