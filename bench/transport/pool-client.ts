import type { Socket } from 'bun'

/** An answer that came whole. */
export interface PoolAnswer {
  readonly status: number
  readonly headers: [string, string][]
  readonly body: Uint8Array
}

export interface PoolClient {
  readonly send: (path: string, headers: Headers, body: Uint8Array) => Promise<PoolAnswer>
}

interface Connection {
  readonly socket: Socket
  answer: Reading | null
  unsent: Uint8Array
}

interface Reading {
  readonly resolve: (answer: PoolAnswer) => void
  readonly reject: (error: Error) => void
  head: Uint8Array | null
  status: number
  headers: [string, string][]
  body: Uint8Array | null
  filled: number
}

const IDLE_MAX = 1_024
/** Below this, copying head and body into one write costs less than a second system call. */
const ONE_WRITE_BYTES = 16 * 1_024
const NO_BYTES = new Uint8Array(0)

/**
 * The least that a pooled HTTP/1.1 client over `Bun.connect` can be: answers of known length, keep-alive, nothing else.
 * No chunks, no abort, no timeout, no retry of a connection that was closed while idle: what is left out would only add
 * to what is measured.
 */
export function openPoolClient(origin: URL): PoolClient {
  const idle: Connection[] = []
  const isTls = origin.protocol === 'https:'
  const target = { hostname: origin.hostname, port: Number(origin.port), ...(isTls && { tls: tlsOptions(origin) }) }
  const connect = (): Promise<Connection> => {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    let connection: Connection | null = null
    const lose = (error: Error): void => {
      const at = connection === null ? -1 : idle.indexOf(connection)
      if (at >= 0) idle.splice(at, 1)
      connection?.answer?.reject(error)
      reject(error)
    }
    const begin = (socket: Socket): void => {
      connection = { socket, answer: null, unsent: NO_BYTES }
      resolve(connection)
    }
    const socket = {
      open: isTls ? () => undefined : begin,
      handshake: (opened: Socket, isTrusted: boolean) => (isTrusted ? begin(opened) : lose(new Error('untrusted'))),
      data(_: Socket, bytes: Uint8Array) {
        if (connection?.answer == null || !receive(connection.answer, bytes)) return
        const { answer } = connection
        connection.answer = null
        if (idle.length < IDLE_MAX) idle.push(connection)
        else connection.socket.end()
        answer.resolve({ status: answer.status, headers: answer.headers, body: answer.body ?? NO_BYTES })
      },
      drain() {
        if (connection !== null) flush(connection)
      },
      close: () => lose(new Error('the connection was closed')),
      error: (_: Socket, error: Error) => lose(error),
      connectError: (_: Socket, error: Error) => lose(error),
    }
    void Bun.connect({ ...target, socket })
    return promise
  }
  return {
    async send(path, headers, body) {
      const connection = idle.pop() ?? (await connect())
      let head = `POST ${path} HTTP/1.1\r\nhost: ${origin.host}\r\ncontent-length: ${body.length}\r\n`
      for (const [name, value] of headers) if (name !== 'content-length') head += `${name}: ${value}\r\n`
      const start = Buffer.from(`${head}\r\n`, 'latin1')
      return await new Promise<PoolAnswer>((resolve, reject) => {
        connection.answer = { resolve, reject, head: null, status: 0, headers: [], body: null, filled: 0 }
        if (body.length < ONE_WRITE_BYTES) {
          connection.unsent = Buffer.concat([start, body])
        } else {
          connection.socket.write(start)
          connection.unsent = body
        }
        flush(connection)
      })
    },
  }
}

function tlsOptions({ hostname }: URL): { serverName: string; ca?: ReturnType<typeof Bun.file> } {
  const ca = process.env.NODE_EXTRA_CA_CERTS
  return { serverName: hostname, ...(ca !== undefined && { ca: Bun.file(ca) }) }
}

function flush(connection: Connection): void {
  if (connection.unsent.length === 0) return
  connection.unsent = connection.unsent.subarray(Math.max(0, connection.socket.write(connection.unsent)))
}

/** @returns whether the answer is complete */
function receive(answer: Reading, bytes: Uint8Array): boolean {
  let rest = bytes
  if (answer.body === null) {
    const all = answer.head === null ? bytes : Buffer.concat([answer.head, bytes])
    const end = Buffer.from(all.buffer, all.byteOffset, all.length).indexOf('\r\n\r\n')
    if (end < 0) {
      answer.head = all
      return false
    }
    readHead(answer, Buffer.from(all.buffer, all.byteOffset, end).toString('latin1'))
    rest = all.subarray(end + 4)
  }
  const body = answer.body ?? NO_BYTES
  body.set(rest, answer.filled)
  answer.filled += rest.length
  return answer.filled >= body.length
}

function readHead(answer: Reading, head: string): void {
  const lines = head.split('\r\n')
  answer.status = Number(head.slice(9, 12))
  let length = 0
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'content-length') length = Number(value)
    else if (name !== 'connection') answer.headers.push([name, value])
  }
  answer.body = new Uint8Array(length)
}
