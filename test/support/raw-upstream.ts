import type { Socket } from 'bun'

/** A request as it came over the wire, and the connection that it came by. */
export interface RawRequest {
  readonly text: string
  /** Counts connections from 0. */
  readonly connection: number
  readonly socket: Socket<RawState>
}

interface RawState {
  connection: number
  received: Buffer[]
  /** Of the request that is coming; 0 until its head is there. */
  wanted: number
  unsent: Buffer
  isEnding: boolean
}

export interface RawUpstream {
  readonly url: string
  readonly requests: readonly RawRequest[]
  readonly open: () => number
  stop(): void
}

/** A server that answers each request, whole, with the very bytes that `answer` gives; `null` leaves it waiting. */
export function openRawUpstream(answer: (request: RawRequest) => string | Buffer | null): RawUpstream {
  const requests: RawRequest[] = []
  let connections = 0
  let open = 0
  const server = Bun.listen<RawState>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { connection: connections++, received: [], wanted: 0, unsent: Buffer.alloc(0), isEnding: false }
        open++
      },
      data(socket, bytes) {
        const state = socket.data
        state.received.push(Buffer.from(bytes))
        if (state.wanted === 0) state.wanted = wholeBytes(Buffer.concat(state.received).toString('latin1'))
        const bytesNow = state.received.reduce((sum, { length }) => sum + length, 0)
        if (state.wanted === 0 || bytesNow < state.wanted) return
        const text = Buffer.concat(state.received).toString('latin1')
        const request = { text, connection: state.connection, socket }
        state.received = []
        state.wanted = 0
        requests.push(request)
        const answered = answer(request)
        if (answered !== null) writeAll(socket, Buffer.from(answered))
      },
      drain: (socket) => writeAll(socket, Buffer.alloc(0)),
      close: () => void open--,
      error: () => undefined,
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    open: () => open,
    stop: () => server.stop(true),
  }
}

/** Bytes of a request with its body; 0 while its head is not whole. */
function wholeBytes(text: string): number {
  const end = text.indexOf('\r\n\r\n')
  return end === -1 ? 0 : end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
}

/** Writes, and closes the connection behind that once all is out. */
export function writeAndEnd(socket: Socket<RawState>, bytes: string | Buffer): void {
  socket.data.isEnding = true
  writeAll(socket, Buffer.from(bytes))
}

function writeAll(socket: Socket<RawState>, bytes: Buffer): void {
  const { unsent } = socket.data
  const all = bytes.length === 0 ? unsent : Buffer.concat([unsent, bytes])
  socket.data.unsent = all.subarray(Math.max(0, socket.write(all)))
  if (socket.data.isEnding && socket.data.unsent.length === 0) socket.end()
}
