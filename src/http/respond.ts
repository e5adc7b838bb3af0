import type { ConnectionControl } from '../core/connection.ts'
import { isStream, type Outbound, type Sink, type StreamBody } from '../pipeline/ports.ts'

/** Turns the pipeline's answer into a web response, at whose end the connection's idle timeout applies again. */
export function toResponse(outbound: Outbound, connection: Pick<ConnectionControl, 'rest'>): Response {
  const { status, headers, body } = outbound
  if (isStream(body)) return new Response(directStream(body, connection), { status, headers })
  connection.rest()
  return new Response(body, { status, headers })
}

/**
 * A direct stream costs least of all forms that let us see the bytes. What is written is sent at once: its high-water
 * mark is the smallest that there is, which saves a flush, a native call, for every chunk. Its `pull` runs once and
 * writes everything; `cancel` before `pull` means that the client was gone before the headers were out.
 */
function directStream(body: StreamBody, connection: Pick<ConnectionControl, 'rest'>): ReadableStream {
  let isRunning = false
  const source: Bun.DirectUnderlyingSource = {
    type: 'direct',
    async pull(controller) {
      isRunning = true
      await body.run(sinkOn(controller))
      connection.rest()
      controller.close()
    },
    cancel() {
      if (!isRunning) body.abandon()
    },
  }
  return new ReadableStream(source, { highWaterMark: 1 })
}

/** A promise from `write` is backpressure: the socket is full until it resolves. */
function sinkOn(controller: ReadableStreamDirectController): Sink {
  return {
    write(chunk) {
      const written = controller.write(chunk)
      return written instanceof Promise ? written.then(nothing) : undefined
    },
  }
}

function nothing(): void {
  // The number of bytes written is of no interest.
}
