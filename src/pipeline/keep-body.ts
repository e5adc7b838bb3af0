import { openCollector } from '../core/collect.ts'
import type { DecodeContext, Upstream } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import type { Framer } from '../core/framing.ts'
import type { ChatResponse } from '../core/response.ts'
import { isStream, type Outbound, type StreamBody } from './ports.ts'

export interface KeepOptions {
  /** The client's own dialect, as a server would speak it: what went out is read back. */
  readonly upstream: Upstream
  readonly context: DecodeContext
  readonly bytesMax: number
  openFramer(): Framer
  /** Called once, at the end: the answer and its bytes; `null` if it was not whole, or too long. Must not throw. */
  onWhole(response: ChatResponse | null, bytes: number): void
}

/** The same answer, read along while it goes to the client. What is not a whole good answer is told as `null`. */
export function keepBody(outbound: Outbound, options: KeepOptions): Outbound {
  const { body, status } = outbound
  if (isStream(body)) return { ...outbound, body: keepStream(body, options) }
  options.onWhole(status === 200 ? tryDecode(body, options) : null, body.length)
  return outbound
}

function keepStream(body: StreamBody, options: KeepOptions): StreamBody {
  return {
    async run(sink) {
      const pieces: Uint8Array[] = []
      let bytes = 0
      try {
        await body.run({
          write(chunk) {
            // Copied: a chunk is a view that its owner writes over.
            const piece = Buffer.from(chunk)
            bytes += piece.length
            if (bytes <= options.bytesMax) pieces.push(piece)
            return sink.write(chunk)
          },
        })
      } finally {
        options.onWhole(bytes > options.bytesMax ? null : tryCollect(pieces, options), bytes)
      }
    },
    abandon() {
      options.onWhole(null, 0)
      body.abandon()
    },
  }
}

function tryDecode(body: string | Uint8Array, { upstream, context }: KeepOptions): ChatResponse | null {
  return orNull(() => {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    return upstream.decodeResponse(parseExact(text), context)
  })
}

function tryCollect(
  pieces: readonly Uint8Array[],
  { upstream, context, openFramer }: KeepOptions,
): ChatResponse | null {
  return orNull(() => {
    const framer = openFramer()
    const decoder = upstream.openDecoder(context)
    const collector = openCollector()
    for (const piece of pieces) {
      for (const frame of framer.push(piece).frames) for (const event of decoder.push(frame)) collector.push(event)
    }
    for (const frame of framer.end().frames) for (const event of decoder.push(frame)) collector.push(event)
    for (const event of decoder.end()) collector.push(event)
    return collector.finish()
  })
}

/** An answer that cannot be read back is not kept; it went to the client all the same. */
function orNull(read: () => ChatResponse): ChatResponse | null {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof ProxyError || thrown instanceof SyntaxError) return null
    throw thrown
  }
}
