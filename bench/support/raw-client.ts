import type { Socket } from 'bun'

/** One answer as the load generator sees it; times are ms since the request's first byte was written. */
export interface Timing {
  readonly firstByteMs: number
  readonly totalMs: number
}

export interface RawConnection {
  /** Sends the request and resolves when its answer is complete. One at a time. */
  readonly exchange: () => Promise<Timing>
  /** Sends the request and resolves at the first byte of the answer's body, which then goes on arriving. */
  readonly begin: () => Promise<void>
  readonly close: () => void
}

interface Exchange {
  readonly startMs: number
  firstByteMs: number
  remaining: number
  head: string
  tail: string
  readonly onFirstByte: () => void
  readonly onDone: (timing: Timing) => void
  readonly onError: (error: Error) => void
}

/**
 * A keep-alive connection that always sends the same request, with the least work per answer: `fetch` in the load
 * generator would cost as much as the proxy under test. Understands `content-length` and chunked bodies that end a
 * packet, as servers send them; anything but the status that was asked for is an error.
 */
export async function openRawConnection(port: number, request: Uint8Array, status = 200): Promise<RawConnection> {
  let current: Exchange | null = null
  let unsent = request.subarray(0, 0)
  const fail = (message: string): void => {
    const failed = current
    current = null
    failed?.onError(new Error(message))
  }
  const flush = (socket: Socket): void => {
    if (unsent.length > 0) unsent = unsent.subarray(socket.write(unsent))
  }
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, bytes) {
        if (current === null) return
        const outcome = receive(current, bytes, status)
        if (outcome === 'bad') return fail(`not a ${status}: ${current.head.slice(0, 1_000)}`)
        if (outcome === 'more') return
        const done = current
        current = null
        done.onDone({ firstByteMs: done.firstByteMs, totalMs: performance.now() - done.startMs })
      },
      drain: flush,
      close: () => fail('the connection was closed'),
      error: (_, error) => fail(error.message),
    },
  })
  const start = (onFirstByte: () => void, onDone: (timing: Timing) => void, onError: (error: Error) => void): void => {
    const startMs = performance.now()
    current = { startMs, firstByteMs: -1, remaining: -1, head: '', tail: '', onFirstByte, onDone, onError }
    unsent = request
    flush(socket)
  }
  return {
    exchange: () => new Promise((resolve, reject) => start(() => undefined, resolve, reject)),
    begin: () => new Promise((resolve, reject) => start(resolve, () => reject(new Error('ended early')), reject)),
    close: () => socket.end(),
  }
}

const CHUNKED = -2
const decoder = new TextDecoder('latin1')

function receive(exchange: Exchange, bytes: Uint8Array, status: number): 'more' | 'done' | 'bad' {
  if (exchange.remaining === -1) {
    exchange.head += decoder.decode(bytes)
    const end = exchange.head.indexOf('\r\n\r\n')
    if (end < 0) return 'more'
    if (!exchange.head.startsWith(`HTTP/1.1 ${status}`)) return 'bad'
    const length = /\r\ncontent-length: *(\d+)/i.exec(exchange.head.slice(0, end))
    exchange.remaining = length === null ? CHUNKED : Number(length[1])
    const body = bytes.subarray(bytes.length - (exchange.head.length - end - 4))
    exchange.head = ''
    return body.length === 0 && exchange.remaining !== 0 ? 'more' : receiveBody(exchange, body)
  }
  return receiveBody(exchange, bytes)
}

function receiveBody(exchange: Exchange, bytes: Uint8Array): 'more' | 'done' {
  if (exchange.firstByteMs < 0) {
    exchange.firstByteMs = performance.now() - exchange.startMs
    exchange.onFirstByte()
  }
  if (exchange.remaining === CHUNKED) {
    exchange.tail = (exchange.tail + decoder.decode(bytes.subarray(-5))).slice(-5)
    return exchange.tail === '0\r\n\r\n' ? 'done' : 'more'
  }
  exchange.remaining -= bytes.length
  return exchange.remaining <= 0 ? 'done' : 'more'
}
