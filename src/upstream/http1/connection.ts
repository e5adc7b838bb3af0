import type { Socket } from 'bun'
import type { TransportRequest, TransportResponse } from '../../core/transport.ts'
import { ArrivingBody } from './arriving-body.ts'
import type { ResponseEvents } from './response-events.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'

/** A request that waits for the head of its answer. */
export interface Exchange {
  readonly request: Pick<TransportRequest, 'abort'>
  /** As it goes over the wire, one byte a character. */
  readonly head: string
  readonly body: Uint8Array | null
  readonly resolve: (response: TransportResponse) => void
  readonly reject: (thrown: unknown) => void
}

export interface ConnectionEvents {
  /** It may carry another request, for so long. */
  onIdle(connection: Connection, keepMs: number): void
  /** @param isUnanswered it was asked, and nothing of an answer has come */
  onClosed(connection: Connection, isUnanswered: boolean): void
}

/** What is left of an exchange once it is sent: its body may be large, and its answer may take minutes. */
interface Sent extends Pick<Exchange, 'resolve' | 'reject'> {
  readonly signal: AbortSignal
}

/** What goes into one system call together with its head. */
const ONE_WRITE_BYTES = 16 * 1_024
/**
 * A router between forgets a connection that says nothing, and a model may think for longer than that. Bun then asks ten
 * times, a second apart: sooner would end what a short gap in the network only interrupts.
 */
const KEEPALIVE_MS = 60_000

/** One connection to a server, with one exchange at a time. */
export class Connection implements ResponseEvents {
  readonly #socket: Socket<unknown>
  readonly #events: ConnectionEvents
  #exchange: Sent | null = null
  #reader = new ResponseReader(this)
  #body: ArrivingBody | null = null
  #keepMs = 0
  #unsent: Uint8Array | null = null
  #isPaused = false

  /** @param socket connected, its certificate trusted */
  constructor(socket: Socket<unknown>, events: ConnectionEvents) {
    this.#socket = socket
    this.#events = events
    socket.setKeepAlive(true, KEEPALIVE_MS)
  }

  /** Only while it is idle. */
  send(exchange: Exchange): void {
    const { head, body, resolve, reject } = exchange
    const { signal } = exchange.request.abort
    this.#exchange = { signal, resolve, reject }
    signal.addEventListener('abort', this.#onAbort)
    const isOneWrite = body !== null && body.length <= ONE_WRITE_BYTES
    const first = Buffer.allocUnsafe(head.length + (isOneWrite ? body.length : 0))
    first.write(head, 'latin1')
    if (isOneWrite) first.set(body, head.length)
    this.#write(first)
    if (body === null || isOneWrite) return
    if (this.#unsent === null) this.#write(body)
    else this.#unsent = Buffer.concat([this.#unsent, body])
  }

  /** Ends it; nothing is under way on it. */
  close(): void {
    this.#socket.end()
  }

  received(bytes: Buffer): void {
    // An answer that nobody asked for: whatever it is, the next request must not get it.
    if (this.#exchange === null) return void this.#socket.terminate()
    try {
      const isAllOurs = this.#reader.push(bytes)
      if (this.#reader.isOver) this.#finish(isAllOurs)
    } catch (thrown) {
      this.#break(thrown)
    }
  }

  onHead({ status, headers, keepMs }: ResponseHead): void {
    const body = new ArrivingBody(this.#resume)
    this.#body = body
    this.#keepMs = keepMs
    this.#exchange?.resolve({
      status,
      headers,
      read: () => body.read(),
      bytes: () => body.bytes(),
      cancel: () => {
        if (this.#body === body) this.#break(new Error('nobody reads the answer'))
      },
    })
  }

  onPiece(bytes: Uint8Array): void {
    if (this.#body?.push(bytes) !== false || this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** The socket takes more. */
  drained(): void {
    const unsent = this.#unsent
    this.#unsent = null
    if (unsent !== null) this.#write(unsent)
  }

  /** @param error what the system says, if it was not an orderly end */
  closed(error: Error | undefined): void {
    this.#events.onClosed(this, this.#exchange !== null && this.#body === null)
    if (this.#exchange === null) return
    if (this.#reader.endsWithConnection && error === undefined) this.#detach()?.end()
    else this.#fail(error ?? connectionLost())
  }

  #write(bytes: Uint8Array): void {
    const written = Math.max(0, this.#socket.write(bytes))
    if (written < bytes.length) this.#unsent = bytes.subarray(written)
  }

  /** The answer is whole. What stands behind it, or was not sent of the question, is nobody's. */
  #finish(isAllOurs: boolean): void {
    const isReusable = isAllOurs && this.#unsent === null && this.#keepMs > 0
    this.#unsent = null
    const body = this.#detach()
    if (isReusable) {
      this.#resume()
      this.#events.onIdle(this, this.#keepMs)
    } else {
      this.#socket.end()
    }
    body?.end()
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#exchange?.signal.reason
    this.#body?.abort(reason)
    this.#break(reason)
  }

  #break(thrown: unknown): void {
    this.#fail(thrown)
    this.#socket.terminate()
  }

  #fail(thrown: unknown): void {
    this.#exchange?.reject(thrown)
    this.#detach()?.fail(thrown)
  }

  /** Ends the exchange, and gives the body that somebody may be reading. */
  #detach(): ArrivingBody | null {
    this.#exchange?.signal.removeEventListener('abort', this.#onAbort)
    const body = this.#body
    this.#exchange = null
    this.#body = null
    this.#reader = new ResponseReader(this)
    return body
  }

  readonly #resume = (): void => {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }
}

/** The other end closed it, and said nothing of why. */
export function connectionLost(): Error {
  return Object.assign(new Error('the upstream closed the connection'), { code: 'ECONNRESET' })
}
