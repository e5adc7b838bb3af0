import type { Mender } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import type { Fields } from '../core/fields.ts'
import type { Framing } from '../core/framing.ts'
import { ERROR_BODY_BYTES_MAX, RESPONSE_BYTES_MAX } from '../core/limits.ts'
import type { TransportResponse } from '../core/transport.ts'
import { tryJson } from '../core/try-json.ts'
import { blockLoss } from '../dialect/answer-loss.ts'
import { type Asked, askTarget, prepareFor } from './ask-target.ts'
import type { Attempt } from './attempt.ts'
import { clientHeaders } from './client-headers.ts'
import { decodeFailure, isFailure } from './failed-answer.ts'
import type { StreamLane } from './lanes/lane.ts'
import { openPassthroughLane } from './lanes/passthrough.ts'
import { openTranscodeLane } from './lanes/transcode.ts'
import { beforeCommit, lateBody } from './late-stream.ts'
import { refuseLoss, tellLoss } from './loss.ts'
import { type OpenedStream, openStream } from './open-stream.ts'
import type { Outbound, StreamBody } from './ports.ts'
import type { Prepared } from './prepare.ts'
import { hasMediaType, isJson, readUpTo, readWhole } from './read-answer.ts'
import { relayBody } from './relay.ts'
import { tellSpending } from './tell-spending.ts'
import { byteLength, estimateUsage, tryTold } from './usage-estimate.ts'

/**
 * One attempt, up to the commit point: what it returns is ready to be sent. Everything it throws is thrown before
 * a byte went to the client, so that another attempt may follow. A stream is committed at the latest after the ping
 * interval, whatever its upstream has said by then.
 */
export async function openTarget(attempt: Attempt): Promise<Outbound> {
  const { exchange, body, target, permit } = attempt
  const prepared = prepareFor(attempt)
  refuseLoss(prepared.dropped, exchange.inbound.headers, attempt.deps.isStrict)
  exchange.attempting(target, prepared.lane, prepared.dropped, permit.credential)
  permit.sending()
  const asking = askTarget(attempt, prepared)
  if (!body.envelope.stream) return wholeAnswer(attempt, await asking)
  const asked = await beforeCommit(attempt, asking)
  if (asked === null) {
    const opening = asking.then((late) => openAnswer(attempt, late))
    return streamAnswer(attempt, prepared, { headers: new Headers(), body: lateBody(attempt, opening) })
  }
  const opened = await openAnswer(attempt, asked)
  return streamAnswer(attempt, asked.prepared, { headers: asked.response.headers, body: relayBody(attempt, opened) })
}

/** A stream up to its first meaningful frame, or to the instant at which it must be committed. */
async function openAnswer(attempt: Attempt, { prepared, response }: Asked): Promise<OpenedStream> {
  if (isFailure(response)) throw await decodeFailure(attempt, response)
  if (!hasMediaType(response.headers, framingOf(attempt).mediaType)) throw await noStream(attempt, response)
  const { deps, commitAtMs, permit } = attempt
  const opened = await openStream(deps, { response, commitAtMs }, openLane(attempt, prepared))
  if (opened.lane.progress() !== 'waiting') permit.firstEvent()
  return opened
}

/** What an answer that is no stream says: the error that it is, as some servers send one with 200, or nothing. */
async function noStream({ deps, upstream }: Attempt, response: TransportResponse): Promise<ProxyError> {
  const nothing = new ProxyError('upstream_malformed', 'the upstream answered a streaming request without a stream')
  if (upstream.tryError === undefined || !isJson(response.headers)) {
    response.cancel()
    return nothing
  }
  const { bytes } = await readUpTo(deps, response, ERROR_BODY_BYTES_MAX)
  return upstream.tryError(tryJson(bytes)) ?? nothing
}

/** @param stream the upstream's headers, as far as they are known, and what is to be written */
function streamAnswer(
  attempt: Pick<Attempt, 'deps' | 'exchange'>,
  prepared: Prepared,
  stream: { readonly headers: Pick<Fields, 'toJSON'>; readonly body: StreamBody },
): Outbound {
  const { exchange } = attempt
  const headers = clientHeaders(stream.headers, exchange.ownsAccount)
  tellLoss(headers, prepared.dropped)
  tellSpending(attempt, headers)
  headers.set('content-type', 'text/event-stream; charset=utf-8')
  headers.set('cache-control', 'no-cache')
  headers.set('x-accel-buffering', 'no')
  exchange.answered(200)
  return { status: 200, headers, body: stream.body }
}

function framingOf({ deps, target }: Attempt): Framing {
  return deps.framings[target.provider.framing ?? 'sse']
}

function openLane(attempt: Attempt, prepared: Prepared): StreamLane {
  const { deps, exchange, upstream } = attempt
  const { surface, requestId } = exchange.inbound
  const framer = framingOf(attempt).openFramer()
  if (prepared.lane === 'passthrough') {
    const { withholdsUsage } = prepared
    const mender = menderFor(attempt)
    return openPassthroughLane({ framer, upstream, surface, requestId, withholdsUsage, mender })
  }
  const { context } = prepared
  return openTranscodeLane({
    framer,
    decoder: upstream.openDecoder(context),
    encoder: surface.openEncoder({ requestId, wallMs: deps.clock.wallMs(), request: context.request }),
    surface,
    requestId,
    onLoss: (name) => exchange.losing(name),
  })
}

async function wholeAnswer(attempt: Attempt, { prepared, response }: Asked): Promise<Outbound> {
  if (isFailure(response)) throw await decodeFailure(attempt, response)
  if (!isJson(response.headers)) {
    response.cancel()
    throw new ProxyError('upstream_malformed', 'the upstream answered with something that is not JSON')
  }
  const bytes = await readWhole(attempt.deps, response, RESPONSE_BYTES_MAX)
  const { body, usage, model, lost } = answerBody(attempt, prepared, bytes)
  const told = tryTold(usage)
  const headers = clientHeaders(response.headers, attempt.exchange.ownsAccount)
  for (const name of lost) attempt.exchange.losing(name)
  tellLoss(headers, lost.length === 0 ? prepared.dropped : [...prepared.dropped, ...lost])
  tellSpending(attempt, headers)
  headers.set('content-type', 'application/json')
  attempt.permit.settle(null)
  const answer = { status: 200, headers, body }
  return attempt.exchange.answer(answer, {
    usage: told ?? estimateUsage(null, byteLength(body), attempt.exchange.requestBytes),
    isUsageEstimated: told === null,
    model,
    repairs: 0,
  })
}

function answerBody(attempt: Attempt, prepared: Prepared, bytes: Uint8Array) {
  const { deps, exchange, upstream } = attempt
  if (prepared.lane === 'passthrough') {
    const mender = menderFor(attempt)
    const json = parseAnswer(bytes, mender === null ? JSON.parse : parseExact)
    const mended = mender?.answer(json) ?? null
    return { body: mended === null ? bytes : JSON.stringify(mended), ...upstream.meterResponse(json), lost: NOTHING }
  }
  const { context } = prepared
  const { surface, requestId } = exchange.inbound
  const answer = upstream.decodeResponse(parseAnswer(bytes, parseExact), context)
  const encoded = surface.encodeResponse(answer, { requestId, wallMs: deps.clock.wallMs(), request: context.request })
  const lost = answer.blocks.map((block) => blockLoss(block, surface.id)).filter((name) => name !== null)
  return { body: JSON.stringify(encoded), usage: answer.usage, model: answer.model, lost: [...new Set(lost)] }
}

function menderFor({ upstream, target }: Attempt): Mender | null {
  return upstream.menderOf?.(target.provider.quirks) ?? null
}

const NOTHING: readonly string[] = Object.freeze([])
const utf8 = new TextDecoder()

function parseAnswer(bytes: Uint8Array, parse: (text: string) => unknown): unknown {
  try {
    return parse(utf8.decode(bytes))
  } catch (cause) {
    throw new ProxyError('upstream_malformed', 'the upstream answered with broken JSON', { cause })
  }
}
