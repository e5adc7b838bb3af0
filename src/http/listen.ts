import type { Hono } from 'hono'
import { authority } from '../core/authority.ts'
import type { ConnectionControl } from '../core/connection.ts'
import { BODY_BYTES_MAX, SOCKETS_MAX } from '../core/limits.ts'
import { asksForSocket, type SocketHandler, type SocketState, socketServer } from './socket.ts'

/** A connection is closed if in this time neither its next 16 KB, of headers or body, nor its next request has come. */
const SLOW_PEER_SECONDS = 30

export interface Listener {
  /** `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
  /** Stops accepting; resolves when the last response is out. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly messageBytesMax?: number
  /** Absent: 30. */
  readonly slowPeerSeconds?: number
  /** Whether other processes of the same user may open the port too, as workers do. */
  readonly isShared?: boolean
}

/** Opens the port. Throws what the system says: the address in use, or not ours. */
export function listen(app: Hono, options: ListenOptions): Listener {
  const { slowPeerSeconds = SLOW_PEER_SECONDS } = options
  const sockets = new Set<SocketHandler>()
  const server = Bun.serve<SocketState>({
    hostname: options.host,
    port: options.port,
    reusePort: options.isShared === true,
    // The pipeline has its own limit, which answers in the client's envelope; the server's would close without one.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    idleTimeout: slowPeerSeconds,
    websocket: socketServer(options.messageBytesMax ?? BODY_BYTES_MAX, sockets),
    fetch(request, self) {
      const connection = new Connection(self, request, slowPeerSeconds)
      if (request.method === 'GET' && asksForSocket(request)) {
        return openSocket(app, request, { server: self, sockets, connection })
      }
      const answer = app.fetch(request, connection)
      return answer instanceof Promise
        ? answer.then((response) => connection.answered(response))
        : connection.answered(answer)
    },
  })
  const port = server.port ?? options.port
  return {
    url: `http://${authority(options.host, port)}`,
    port,
    async drain() {
      for (const socket of sockets) socket.leave()
      await server.stop(false)
    },
    close: () => server.stop(true),
  }
}

/** The connection of one request. For a refusal, which keeps nothing open, the server is never called. */
class Connection implements ConnectionControl {
  readonly #server: Bun.Server<SocketState>
  readonly #request: Request
  readonly #slowPeerSeconds: number
  #isKeptOpen = false

  constructor(server: Bun.Server<SocketState>, request: Request, slowPeerSeconds: number) {
    this.#server = server
    this.#request = request
    this.#slowPeerSeconds = slowPeerSeconds
  }

  keepOpen(): void {
    this.#isKeptOpen = true
    this.#server.timeout(this.#request, 0)
  }

  rest(): void {
    if (!this.#isKeptOpen) return
    this.#isKeptOpen = false
    this.#server.timeout(this.#request, this.#slowPeerSeconds)
  }

  /** The answer is there. The idle timeout applies again, but for a stream, whose writer says when it has ended. */
  answered(response: Response): Response {
    if (this.#isKeptOpen && !isEventStream(response)) this.rest()
    return response
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true
}

interface SocketDoor {
  readonly server: Bun.Server<SocketState>
  readonly sockets: ReadonlySet<SocketHandler>
  readonly connection: ConnectionControl
}

/** Asks the route whether to upgrade the request. If it did, the server wants no response. */
async function openSocket(
  app: Hono,
  request: Request,
  { server, sockets, connection }: SocketDoor,
): Promise<Response | undefined> {
  let isUpgraded = false
  const upgrade = (handler: SocketHandler): boolean => {
    if (sockets.size >= SOCKETS_MAX) return false
    isUpgraded = server.upgrade(request, { data: { handler, room: null } })
    return isUpgraded
  }
  const env = { keepOpen: () => connection.keepOpen(), rest: () => connection.rest(), upgrade }
  const response = await app.fetch(request, env)
  return isUpgraded ? undefined : response
}
