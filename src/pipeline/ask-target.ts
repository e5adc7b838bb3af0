import type { ProxyError } from '../core/errors.ts'
import { ERROR_BODY_BYTES_MAX } from '../core/limits.ts'
import { chatPath, targetUrl } from '../core/target.ts'
import type { TransportResponse } from '../core/transport.ts'
import { betasOf } from '../dialect/anthropic/betas.ts'
import { refusedStrips } from '../dialect/strips/refused-strips.ts'
import { lessonsOf, type Strip } from '../dialect/strips/strip-table.ts'
import type { Attempt } from './attempt.ts'
import { isFailure } from './failed-answer.ts'
import { mayLoseNothing } from './loss.ts'
import { type Prepared, prepare } from './prepare.ts'
import { readUpTo } from './read-answer.ts'
import { sendToTarget } from './send-to-target.ts'
import { withQuery } from './with-query.ts'

/** What was sent, and what came of it. */
export interface Asked {
  readonly prepared: Prepared
  readonly response: TransportResponse
}

/**
 * Features that a request may lose to one target's refusals, over all attempts at it: a 400 names one unknown field at a
 * time, and clients bring several.
 */
const STRIPS_MAX = 4

/**
 * Sends a request. If the server refuses it for a feature that can be left out, it is sent again without, and the next
 * attempt at this target begins without. Once the server has taken it so, other requests leave the feature out too. Under
 * `strict` the refusal stands. Metrics count each sending as an attempt, since all of them reach the server; everything
 * else sees one attempt.
 */
export async function askTarget(attempt: Attempt, first: Prepared): Promise<Asked> {
  const { exchange, target } = attempt
  const learntBefore = exchange.lessonsOf(target)
  let learnt = learntBefore
  let prepared = first
  let response = await sendOnce(attempt, prepared)
  while (response.status === 400 && learnt.length < STRIPS_MAX && mayStrip(attempt)) {
    const { bytes } = await readUpTo(attempt.deps, response, ERROR_BODY_BYTES_MAX)
    response = keptAnswer(response, bytes)
    const refused = refusedBy(attempt, prepared, response, bytes)
    if (refused.length === 0) break
    learnt = [...learnt, ...refused]
    exchange.learnt(target, learnt)
    attempt.deps.protections.listener.onAttempt(target.provider.id, 'ignore')
    prepared = prepareFor(attempt)
    exchange.dropping(prepared.dropped)
    response = await sendOnce(attempt, prepared)
  }
  const isTaken = !isFailure(response)
  if (isTaken ? learnt.length > 0 : learnt !== learntBefore) remember(attempt, learnt, isTaken)
  return { prepared, response }
}

function mayStrip({ exchange, deps }: Attempt): boolean {
  return !mayLoseNothing(exchange.inbound.headers, deps.isStrict)
}

/** The request as this target takes it, as far as that is known. */
export function prepareFor({ deps, exchange, body, upstream, target }: Attempt): Prepared {
  const known = deps.capabilities.stripsOf(target, deps.clock.wallMs())
  const learnt = exchange.lessonsOf(target)
  const stripNames = learnt.length === 0 ? known : [...known, ...learnt.map(nameOf)]
  const { originatesCacheMarks } = deps
  return prepare(body, exchange.inbound, { upstream, target, stripNames, originatesCacheMarks })
}

/** Other requests leave out only features that the server never takes, not what it refused for what this request says. */
function remember({ deps, target }: Attempt, learnt: readonly Strip[], isTaken: boolean): void {
  const names = (isTaken ? learnt.filter(({ isOfRequest }) => isOfRequest !== true) : learnt).flatMap(lessonsOf)
  if (names.length === 0) return
  if (isTaken) deps.capabilities.learn(target, names, deps.clock.wallMs())
  deps.onCapability(target, names, isTaken)
}

function nameOf({ name }: Strip): string {
  return name
}

const NONE: readonly Strip[] = Object.freeze([])

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
  let unread: Uint8Array | null = bytes
  return {
    status,
    headers,
    async read() {
      const read = unread
      unread = null
      return read
    },
    bytes: async () => bytes,
    cancel: () => undefined,
  }
}

function sendOnce(attempt: Attempt, { lane, body, strips }: Prepared): Promise<TransportResponse> {
  const { deps, exchange, target, permit, abort } = attempt
  const { provider } = target
  const { key, own } = permit
  const path = targetUrl(target, chatPath(provider.paths, attempt.body.envelope.stream))
  const url = lane === 'passthrough' ? withQuery(path, exchange.inbound, provider) : path
  return sendToTarget(deps, exchange, target, { url, body, strips, key, own, abort })
}
