import type { Socket } from 'bun'
import type { Clock, Scheduler } from '../core/clock.ts'
import { nextTurn, sleep } from '../core/clock.ts'
import { type HttpParser, type HttpRequest, HttpSyntaxError, openHttpParser } from './http-parser.ts'
import type { Step } from './step.ts'

/** Bytes gathered into one write while nothing asks for a pause. */
const WRITE_BYTES = 64 * 1024
/** Bytes that a client may send ahead of an answer. */
const AHEAD_BYTES_MAX = 1024 * 1024
/**
 * A reset takes away what its client has not read yet, and nothing tells whether it has; so there are pauses before one.
 * On a machine where pauses end when they should, every process had its turn meanwhile; where they end late, some did
 * not, and another pause follows.
 */
const READ_PAUSE_MS = 10
const READ_PAUSES_IN_TIME = 2
const READ_PAUSES_MAX = 50
const LATE_MS = 5
const CHUNKED_END = Buffer.from('0\r\n\r\n')

/** Answers one request. `signal` aborts when the client is gone; `done` is told how the answer ended. */
export type Handle = (request: HttpRequest, signal: AbortSignal) => Exchange

export interface Exchange {
  readonly steps: Iterable<Step>
  /** Called once. `aborted`: the client's connection closed before the answer was complete. */
  done(aborted: boolean, bytesSent: number): void
}

/** One client connection: HTTP/1.1 with keep-alive, one exchange at a time, every byte under control. */
export interface Connection {
  onData(bytes: Uint8Array): void
  onDrain(): void
  onClose(): void
}

export interface ConnectionOptions {
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly bodyBytesMax: number
  readonly handle: Handle
}

export function openConnection(socket: Socket<unknown>, options: ConnectionOptions): Connection {
  const parser = openHttpParser(options.bodyBytesMax)
  const gone = new AbortController()
  let onDrain: (() => void) | null = null
  let busy = false
  let aheadBytes = 0

  const write = async (bytes: Uint8Array): Promise<void> => {
    let rest = bytes
    for (;;) {
      if (gone.signal.aborted) throw gone.signal.reason
      const written = socket.write(rest)
      if (written === rest.byteLength) return
      rest = rest.subarray(Math.max(0, written))
      await new Promise<void>((resolve) => {
        onDrain = resolve
      })
    }
  }
  const serve = async (): Promise<void> => {
    if (busy) return
    busy = true
    try {
      for (let request = next(parser, socket); request !== null; request = next(parser, socket)) {
        aheadBytes = 0
        const isOpen = await answer(request)
        if (!isOpen) return
      }
      busy = false
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    }
  }
  /** @returns true if the connection can carry another request */
  const answer = async (request: HttpRequest): Promise<boolean> => {
    const exchange = options.handle(request, gone.signal)
    const delivery = new Delivery(write, options, gone.signal, request)
    let isComplete = false
    try {
      const end = await delivery.run(exchange.steps)
      isComplete = true
      if (end === 'reset') socket.terminate()
      else if (end === 'close' || !request.keepAlive) socket.end()
      return end === 'complete' && request.keepAlive
    } catch (error) {
      if (gone.signal.aborted) return false
      socket.terminate()
      throw error
    } finally {
      exchange.done(!isComplete, delivery.bytesSent)
    }
  }
  return {
    onData(bytes) {
      if (busy) {
        aheadBytes += bytes.byteLength
        if (aheadBytes > AHEAD_BYTES_MAX) return void socket.terminate()
      }
      parser.push(bytes)
      void serve()
    },
    onDrain() {
      onDrain?.()
    },
    onClose() {
      gone.abort(new Error('the client closed the connection'))
      onDrain?.()
    },
  }
}

function next(parser: HttpParser, socket: Socket<unknown>): HttpRequest | null {
  const request = parser.next()
  if (parser.takesContinue() && request === null) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  return request
}

/** Performs an answer's steps: gathers bytes, frames the body, waits, and stops when the client has gone. */
class Delivery {
  bytesSent = 0
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #isChunked = false

  constructor(
    readonly write: (bytes: Uint8Array) => Promise<void>,
    readonly time: Pick<ConnectionOptions, 'clock' | 'scheduler'>,
    readonly gone: AbortSignal,
    readonly request: HttpRequest,
  ) {}

  async run(steps: Iterable<Step>): Promise<'complete' | 'close' | 'reset'> {
    for (const step of steps) {
      switch (step.type) {
        case 'head':
          this.#gather(this.#head(step))
          break
        case 'data':
          if (this.request.method !== 'HEAD') this.#data(step.bytes)
          break
        case 'raw':
          this.#gather(step.bytes)
          break
        case 'pause':
          await this.#flush()
          // The shortest timer is a millisecond: a minute for an answer that goes byte by byte.
          await (step.ms === 0 ? nextTurn() : sleep(this.time.scheduler, step.ms, this.gone))
          this.gone.throwIfAborted()
          break
        case 'let_read':
          await this.#flush()
          await this.#letRead()
          break
        case 'hang':
          await this.#flush()
          await new Promise((_, reject) => this.gone.addEventListener('abort', () => reject(this.gone.reason)))
          break
        case 'close':
          await this.#flush()
          return 'close'
        case 'reset':
          await this.#flush()
          await this.#letRead()
          return 'reset'
      }
      if (this.#gatheredBytes >= WRITE_BYTES) await this.#flush()
    }
    if (this.#isChunked) this.#gather(CHUNKED_END)
    await this.#flush()
    return 'complete'
  }

  async #letRead(): Promise<void> {
    let inTime = 0
    for (let pauses = 0; pauses < READ_PAUSES_MAX && inTime < READ_PAUSES_IN_TIME; pauses++) {
      const startMs = this.time.clock.nowMs()
      await sleep(this.time.scheduler, READ_PAUSE_MS, this.gone)
      inTime = this.time.clock.nowMs() - startMs < READ_PAUSE_MS + LATE_MS ? inTime + 1 : 0
    }
  }

  #head(head: Step & { type: 'head' }): Uint8Array {
    const hasBody = this.request.method !== 'HEAD'
    this.#isChunked = head.length === null && hasBody
    const framing = head.length === null ? 'transfer-encoding: chunked' : `content-length: ${head.length}`
    const lines = head.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const connection = this.request.keepAlive ? '' : 'connection: close\r\n'
    return Buffer.from(
      `HTTP/1.1 ${head.status} ${REASONS[head.status] ?? 'Unknown'}\r\n${lines}${connection}${framing}\r\n\r\n`,
    )
  }

  #data(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    if (!this.#isChunked) return this.#gather(bytes)
    this.#gather(Buffer.from(`${bytes.byteLength.toString(16)}\r\n`))
    this.#gather(bytes)
    this.#gather(CRLF)
  }

  #gather(bytes: Uint8Array): void {
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.byteLength
  }

  async #flush(): Promise<void> {
    const bytes = this.#gathered.length === 1 ? this.#gathered[0] : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    if (bytes === undefined || bytes.byteLength === 0) return
    await this.write(bytes)
    this.bytesSent += bytes.byteLength
  }
}

const CRLF = Buffer.from('\r\n')

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  307: 'Temporary Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  529: 'Overloaded',
}
