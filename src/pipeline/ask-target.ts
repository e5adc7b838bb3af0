import type { ProxyError } from '../core/errors.ts'
import { ERROR_BODY_BYTES_MAX } from '../core/limits.ts'
import { chatPath, targetUrl } from '../core/target.ts'
import type { TransportResponse } from '../core/transport.ts'
import { betasOf } from '../dialect/anthropic/betas.ts'
import { refusedStrips } from '../dialect/strips/refused-strips.ts'
import type { Strip } from '../dialect/strips/strip-table.ts'
import type { Attempt } from './attempt.ts'
import { stripBetas, upstreamHeaders } from './headers.ts'
import { mayLoseNothing } from './loss.ts'
import { type Prepared, prepare } from './prepare.ts'
import { readUpTo } from './read-answer.ts'
import { send, withQuery } from './send.ts'

/** What was sent, and what came of it. */
export interface Asked {
  readonly prepared: Prepared
  readonly response: TransportResponse
}

/** A 400 names one unknown field at a time, and clients bring several: so often a request is sent again without one. */
const STRIPS_MAX = 4

/**
 * Sends a request; and where the server refuses it for a feature that can be left out, again without that, which is
 * remembered only if the server then takes it. Where nothing may be lost the refusal stands. Metrics count each as an
 * attempt, for so many reached the server; to everybody else they are one.
 */
export async function askTarget(attempt: Attempt, first: Prepared): Promise<Asked> {
  let prepared = first
  let response = await sendOnce(attempt, prepared)
  const learnt: Strip[] = []
  while (response.status === 400 && learnt.length < STRIPS_MAX && mayStrip(attempt)) {
    const { bytes } = await readUpTo(attempt.deps, response, ERROR_BODY_BYTES_MAX)
    response = keptAnswer(response, bytes)
    const refused = refusedBy(attempt, prepared, response, bytes)
    if (refused.length === 0) break
    learnt.push(...refused)
    attempt.deps.protections.listener.onAttempt(attempt.target.provider.id, 'ignore')
    prepared = prepareWithout(attempt, learnt)
    attempt.exchange.dropping(prepared.dropped)
    response = await sendOnce(attempt, prepared)
  }
  if (learnt.length > 0) remember(attempt, learnt, response)
  return { prepared, response }
}

function mayStrip({ exchange, deps }: Attempt): boolean {
  return !mayLoseNothing(exchange.inbound.headers, deps.isStrict)
}

/** The request as this target takes it, as far as that is known. */
export function prepareFor(attempt: Attempt): Prepared {
  return prepareWithout(attempt, NONE)
}

const NONE: readonly Strip[] = Object.freeze([])

function prepareWithout({ deps, exchange, body, upstream, target }: Attempt, more: readonly Strip[]): Prepared {
  const known = deps.capabilities.stripsOf(target, deps.clock.wallMs())
  const names = more.length === 0 ? known : [...known, ...more.map(({ name }) => name)]
  const { originatesCacheMarks } = deps
  return prepare(body, exchange.inbound, { upstream, target, stripNames: names, originatesCacheMarks })
}

function remember({ deps, target }: Attempt, learnt: readonly Strip[], { status }: TransportResponse): void {
  const names = learnt.map(({ name }) => name)
  const isTaken = status >= 200 && status <= 299
  if (isTaken) deps.capabilities.learn(target, names, deps.clock.wallMs())
  deps.onCapability(target, names, isTaken)
}

function refusedBy(
  { exchange, body, upstream }: Attempt,
  prepared: Prepared,
  { status, headers }: TransportResponse,
  bytes: Uint8Array,
): readonly Strip[] {
  const error: ProxyError = upstream.decodeError({ status, headers, body: bytes })
  if (error.kind !== 'upstream_rejected' || error.detail.isContextOverflow === true) return NONE
  const json: unknown = prepared.lane === 'passthrough' ? body.envelope.json : JSON.parse(prepared.body)
  const betas = betasOf(exchange.inbound.headers)
  const asked = { json: { ...Object(json) }, betas }
  return refusedStrips(error.message, asked).filter(({ name }) => !prepared.dropped.includes(name))
}

/** The answer again, for whoever reads it next. */
function keptAnswer({ status, headers }: TransportResponse, bytes: Uint8Array): TransportResponse {
  return { status, headers, body: new Blob([bytes]).stream(), bytes: async () => bytes }
}

function sendOnce(
  { deps, exchange, body, target, permit, abort }: Attempt,
  prepared: Prepared,
): Promise<TransportResponse> {
  const { inbound } = exchange
  const { provider } = target
  const { key } = permit
  const url = targetUrl(target, chatPath(provider.paths, body.envelope.stream))
  const headers = upstreamHeaders(inbound, provider, {
    instanceId: deps.instanceId,
    trace: exchange.trace,
    key,
    own: permit.own,
    ownsAccount: exchange.ownsAccount,
  })
  if (prepared.strips.length > 0) stripBetas(headers, prepared.strips)
  return send(deps, provider, key, {
    method: 'POST',
    url: prepared.lane === 'passthrough' ? withQuery(url, inbound, provider) : url,
    headers,
    body: prepared.body,
    abort,
  })
}
