import type { Socket } from 'bun'

/**
 * The peer of the delays: the least that anything on Bun can add. It copies bytes from one connection to another and
 * knows no protocol, so that what it costs is two more wake-ups of a process and the system's calls.
 *
 *     PORT=9000 UPSTREAM=http://127.0.0.1:9001 bun bench/peers/relay.ts
 */
const upstream = new URL(process.env.UPSTREAM ?? '')

class Side {
  other: Side | null = null
  readonly #socket: Socket<Side>
  #unsent: Uint8Array[] = []

  constructor(socket: Socket<Side>) {
    this.#socket = socket
  }

  send(bytes: Uint8Array): void {
    if (this.#unsent.length > 0) return void this.#unsent.push(bytes.slice())
    const sent = this.#socket.write(bytes)
    if (sent < bytes.length) this.#unsent.push(bytes.slice(sent))
  }

  drain(): void {
    const waiting = this.#unsent
    this.#unsent = []
    for (const bytes of waiting) this.send(bytes)
  }

  end(): void {
    this.#socket.end()
  }
}

const handlers = {
  data: ({ data }: Socket<Side>, bytes: Uint8Array) => data.other?.send(bytes),
  drain: ({ data }: Socket<Side>) => data.drain(),
  close: ({ data }: Socket<Side>) => data.other?.end(),
  error: () => undefined,
}

Bun.listen<Side>({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  socket: {
    ...handlers,
    async open(client) {
      const near = new Side(client)
      client.data = near
      client.pause()
      const server = await Bun.connect<Side>({
        hostname: upstream.hostname,
        port: Number(upstream.port),
        socket: {
          ...handlers,
          open(socket) {
            socket.data = new Side(socket)
          },
        },
      })
      near.other = server.data
      server.data.other = near
      client.resume()
    },
  },
})
