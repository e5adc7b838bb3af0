import type { Frame, Surface } from '../core/dialect.ts'
import type { ProxyError } from '../core/errors.ts'
import type { Framer } from '../core/framing.ts'
import type { Sink } from '../pipeline/ports.ts'

export interface FrameSinkOptions {
  send(text: string): Promise<void> | void
  readonly streamId: string | null
  /** Whether a frame holds the whole answer: the client may ask again as soon as it has that. */
  isLast(frame: Frame): boolean
  /** Told once, before the last frame goes out. @param id of the response; `''` if none of its events had one */
  onLast(id: string): void
}

const utf8 = new TextDecoder()

/** Cuts the stream that an HTTP client would get into its events, and sends the data of each as one message. */
export function frameSink(framer: Framer, { send, streamId, isLast, onLast }: FrameSinkOptions): Sink {
  let id = ''
  return {
    write(chunk) {
      let waiting: Promise<void> | undefined
      for (const frame of framer.push(Buffer.from(chunk)).frames) {
        const text = utf8.decode(frame.data)
        if (id === '') id = RESPONSE_ID.exec(text)?.[1] ?? ''
        if (isLast(frame)) onLast(id)
        waiting = send(streamId === null ? text : marked(text, streamId)) ?? undefined
      }
      return waiting
    },
  }
}

/** The first `id` in an event that has one is the response's: items come later. */
const RESPONSE_ID = /"id":\s*"(resp_[^"]*)"/

function marked(text: string, streamId: string): string {
  return `{"stream_id":${JSON.stringify(streamId)},${text.trimStart().slice(1)}`
}

export interface ErrorFrameOptions {
  readonly streamId: string | null
  readonly status?: number | undefined
  readonly headers?: Headers
}

/** Headers that clients act on when a request is refused. */
const TOLD = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id', 'request-id'] as const

/**
 * A refusal as clients of the WebSocket read it: the status and body that HTTP would have had, in one message.
 *
 * @param error an error of lynkr's, or the body that was the answer
 */
export function errorFrame(
  surface: Surface,
  error: ProxyError | string | Uint8Array,
  { streamId, status, headers }: ErrorFrameOptions,
): string {
  const isBody = typeof error === 'string' || error instanceof Uint8Array
  const body = isBody ? tryObject(error) : surface.encodeError(error, '')
  const told = TOLD.flatMap((name) => {
    const value = headers?.get(name)
    return value == null ? [] : [[name, value] as const]
  })
  return JSON.stringify({
    ...(streamId !== null && { stream_id: streamId }),
    type: 'error',
    status: status ?? (isBody ? 500 : error.traits.wire[surface.errorEnvelope].status),
    error: body.error ?? { type: 'server_error', code: null, message: 'the upstream failed without a word' },
    ...(told.length > 0 && { headers: Object.fromEntries(told) }),
  })
}

function tryObject(body: string | Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(typeof body === 'string' ? body : utf8.decode(body))
    return typeof json === 'object' && json !== null ? { ...json } : {}
  } catch {
    // A page of HTML, or nothing: there are no words in it for a client.
    return {}
  }
}
