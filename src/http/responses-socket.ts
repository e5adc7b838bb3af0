import type { Surface } from '../core/dialect.ts'
import { type ProxyError, toProxyError } from '../core/errors.ts'
import { SOCKET_MS_MAX } from '../core/limits.ts'
import { newRequestId } from '../core/request-id.ts'
import { continueTrace } from '../core/traceparent.ts'
import { classOf } from '../pipeline/class-of.ts'
import { handleChat } from '../pipeline/handle-chat.ts'
import { type Inbound, isStream, type PipelineDeps } from '../pipeline/ports.ts'
import { shedAtTheDoor } from '../pipeline/shed.ts'
import { ClientAbort } from './client-signal.ts'
import { pathOf } from './inbound.ts'
import type { SocketHandler, SocketPeer } from './socket.ts'
import { errorFrame, frameSink, refusalFrame } from './socket-frames.ts'
import {
  type AskedMessage,
  type ClientMessage,
  CREATE,
  isLongStreamId,
  openMessage,
  refusalOf,
} from './socket-message.ts'

export interface ResponsesSocketDeps {
  readonly pipeline: PipelineDeps
  readonly surface: Surface
  readonly messageBytesMax: number
}

/** Close codes of RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001
const UNSUPPORTED = 1003
const NOT_CONSISTENT = 1007
const TOO_BIG = 1009

/**
 * Responses over a WebSocket, as Codex speaks it: each `response.create` is a request like any other, admitted, paid
 * and settled by itself, one at a time; its events come as text messages. What a message goes on from is kept for this
 * connection, the latest answer only, and goes with it.
 *
 * @param handshake its headers are those of every request
 */
export function openResponsesSocket(deps: ResponsesSocketDeps, handshake: Request): SocketHandler {
  const { pipeline, surface, messageBytesMax } = deps
  const connection = `socket:${newRequestId(pipeline.clock.wallMs(), pipeline.random)}`
  const handshakeHeaders = withoutSocketBeta(handshake.headers)
  const path = pathOf(handshake.url)
  let peer: SocketPeer | null = null
  let running: ClientAbort | null = null
  let isLeaving = false
  let isTooOld = false
  let hasUnread = false
  let latestId: string | null = null
  let cancelLife: () => void = () => undefined

  /** Refusals cost a client nothing: of one that reads none of them the next would be kept here, without end. */
  function tell(error: ProxyError, message: ClientMessage | null): void {
    if (hasUnread) return
    const read = peer?.send(errorFrame(surface, error, message?.streamId ?? null))
    if (read === undefined) return
    hasUnread = true
    void read.then(() => {
      hasUnread = false
    })
  }

  /** With the length that limits of tokens go by until the body is read. */
  function inboundOf(text: string, abort: ClientAbort, read: () => AskedMessage): Inbound {
    const wallMs = pipeline.clock.wallMs()
    const headers = new Headers(handshakeHeaders)
    headers.set('content-length', `${Buffer.byteLength(text)}`)
    let isWarmUp = false
    return {
      requestId: newRequestId(wallMs, pipeline.random),
      trace: continueTrace(headers.get('traceparent'), headers.get('tracestate'), pipeline.random),
      surface,
      label: 'responses',
      headers,
      path,
      query: '',
      startedMs: pipeline.clock.nowMs(),
      startedWallMs: wallMs,
      signal: abort.signal,
      follow: (attempt) => abort.follow(attempt),
      interrupt: (reason) => abort.interrupt(reason),
      requestClass: classOf(headers),
      connection,
      async readBody() {
        const message = read()
        isWarmUp = message.isWarmUp
        return new TextEncoder().encode(message.body)
      },
      isWarmUp: () => isWarmUp,
    }
  }

  /** Once an answer can be gone on from, the one before it will not be. */
  function replaceLatest(id: string): void {
    if (pipeline.conversations.find(connection, id, pipeline.clock.nowMs()) === null) return
    if (latestId !== null && latestId !== id) pipeline.conversations.forget(connection, latestId)
    latestId = id
  }

  async function answer(message: ClientMessage, abort: ClientAbort): Promise<void> {
    let { streamId } = message
    const inbound = inboundOf(message.text, abort, () => {
      const asked = message.read()
      streamId = asked.streamId
      return asked
    })
    const outbound = shedAtTheDoor(pipeline, inbound) ?? (await handleChat(pipeline, inbound))
    const { status, body } = outbound
    if (status !== 200) {
      await peer?.send(refusalFrame(outbound, streamId))
      return
    }
    const sink = frameSink(pipeline.framings.sse.openFramer(), {
      send: (text) => peer?.send(text),
      streamId,
      isLast: (frame) => surface.chaining?.wholeAnswer(frame) != null,
      onLast: (id) => {
        replaceLatest(id)
        if (running === abort) running = null
      },
    })
    if (isStream(body)) await body.run(sink)
    else await sink.write(body)
  }

  async function run(message: ClientMessage): Promise<void> {
    const abort = new ClientAbort(null)
    running = abort
    try {
      await answer(message, abort)
    } catch (thrown) {
      tell(toProxyError(thrown), message)
    } finally {
      if (running === abort) running = null
      closeIfDone()
    }
  }

  /** What is told while an answer is under way ends that answer for the client. */
  function closeIfDone(): void {
    if (!isLeaving || running !== null) return
    if (isTooOld) tell(refusalOf.tooOld(), null)
    peer?.close(GOING_AWAY, 'lynkr is going away; connect again')
  }

  function refuseAndClose(refusal: ProxyError, code: number): void {
    tell(refusal, null)
    peer?.close(code, refusal.message.slice(0, CLOSE_REASON_CHARS_MAX))
  }

  return {
    onOpen(opened) {
      peer = opened
      cancelLife = pipeline.scheduler.after(SOCKET_MS_MAX, () => {
        isTooOld = true
        this.leave()
      })
    },
    onText(text) {
      if (text.length > messageBytesMax) return refuseAndClose(refusalOf.tooLarge(messageBytesMax), TOO_BIG)
      const message = openMessage(text)
      if (message === null) return refuseAndClose(refusalOf.notJson(), NOT_CONSISTENT)
      if (isLongStreamId(message)) return tell(refusalOf.longStreamId(), null)
      if (message.type === 'response.processed') return
      if (message.type !== CREATE) return tell(refusalOf.unknownType(message.type), message)
      if (running !== null) return tell(refusalOf.inProgress(), message)
      if (isLeaving) return tell(isTooOld ? refusalOf.tooOld() : refusalOf.leaving(), message)
      void run(message)
    },
    onBinary() {
      refuseAndClose(refusalOf.binary(), UNSUPPORTED)
    },
    onClose() {
      peer = null
      cancelLife()
      running?.gone()
      if (latestId !== null) pipeline.conversations.forget(connection, latestId)
    },
    leave() {
      isLeaving = true
      closeIfDone()
    },
  }
}

/** A close frame has room for 123 bytes. */
const CLOSE_REASON_CHARS_MAX = 100

/** The feature is of this connection, not of the requests that leave lynkr by HTTP. */
function withoutSocketBeta(handshake: Headers): Headers {
  const headers = new Headers(handshake)
  const others = (headers.get('openai-beta') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('responses_websockets'))
  if (others.length === 0) headers.delete('openai-beta')
  else headers.set('openai-beta', others.join(','))
  return headers
}
