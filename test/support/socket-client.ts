type Json = Readonly<Record<string, unknown>>

/** A WebSocket client that reads events one by one. */
export interface SocketClient {
  send(message: unknown): void
  /** The next message, now or when it comes; rejects once the socket is closed and all was read. */
  next(): Promise<Json>
  /** All messages up to the first of one of these types. */
  until(...types: readonly string[]): Promise<readonly Json[]>
  /** Everything of one answer. */
  answer(): Promise<readonly Json[]>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  close(): void
}

const ENDS = ['response.completed', 'response.incomplete', 'response.failed', 'error'] as const

/** Resolves once the socket is open. Rejects if the handshake is refused. */
export function openSocketClient(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/responses`, { headers })
  const read: Json[] = []
  let waiter: { resolve(message: Json): void; reject(reason: Error): void } | null = null
  let isClosed = false
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => {
      isClosed = true
      waiter?.reject(new Error(`closed with ${code}`))
      resolve({ code, reason })
    })
  })
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data))
    if (waiter === null) return void read.push(message)
    const { resolve } = waiter
    waiter = null
    resolve(message)
  })
  const next = (): Promise<Json> => {
    const message = read.shift()
    if (message !== undefined) return Promise.resolve(message)
    if (isClosed) return Promise.reject(new Error('closed'))
    return new Promise((resolve, reject) => {
      waiter = { resolve, reject }
    })
  }
  const until = async (...types: readonly string[]): Promise<readonly Json[]> => {
    const messages: Json[] = []
    for (;;) {
      const message = await next()
      messages.push(message)
      if (types.includes(String(message.type))) return messages
    }
  }
  const client: SocketClient = {
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    until,
    answer: () => until(...ENDS),
    closed,
    close: () => socket.close(),
  }
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(client))
    socket.addEventListener('error', () => reject(new Error('the handshake was refused')))
  })
}
