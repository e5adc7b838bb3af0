import type { Frame, Surface } from '../core/dialect.ts'
import type { ProxyError } from '../core/errors.ts'
import type { Framer } from '../core/framing.ts'
import { tryJson } from '../core/try-json.ts'
import { isStream, type Outbound, type Sink } from '../pipeline/ports.ts'

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

/** An error of lynkr's as clients of the WebSocket read it. */
export function errorFrame(surface: Surface, error: ProxyError, streamId: string | null): string {
  const { status } = error.traits.wire[surface.errorEnvelope]
  return JSON.stringify({ ...mark(streamId), type: 'error', status, error: surface.encodeError(error, '').error })
}

/** Headers that clients act on when a request is refused. */
const TOLD = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id', 'request-id'] as const

/** The status, body and headers of a refusal, which HTTP would have had, in one message. */
export function refusalFrame({ status, headers, body }: Outbound, streamId: string | null): string {
  const text = isStream(body) ? '' : typeof body === 'string' ? body : utf8.decode(body)
  // A page of HTML, or nothing: there are no words in it for a client.
  const error: unknown = Object(tryJson(text)).error ?? WORDLESS
  const told = Object.fromEntries(
    TOLD.flatMap((name) => {
      const value = headers.get(name)
      return value === null ? [] : [[name, value] as const]
    }),
  )
  const isTold = Object.keys(told).length > 0
  return JSON.stringify({ ...mark(streamId), type: 'error', status, error, ...(isTold && { headers: told }) })
}

const WORDLESS = { type: 'server_error', code: null, message: 'the upstream failed without a word' }

function mark(streamId: string | null) {
  return streamId === null ? {} : { stream_id: streamId }
}
