import type { Hono } from 'hono'
import type { ConnectionControl } from '../core/connection.ts'
import { BODY_BYTES_MAX, SOCKETS_MAX } from '../core/limits.ts'
import { asksForSocket, type SocketHandler, type SocketState, socketServer } from './socket.ts'

/** A connection that brings less than its next 16 KB in this time, headers or body, or no next request, is closed. */
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
  /** Other processes of the same user may open the port too. */
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
    async fetch(request, self) {
      const control: ConnectionControl = {
        keepOpen: () => self.timeout(request, 0),
        rest: () => self.timeout(request, slowPeerSeconds),
      }
      if (request.method === 'GET' && asksForSocket(request)) {
        return openSocket(app, request, { server: self, sockets, control })
      }
      const response = await app.fetch(request, control)
      if (!isEventStream(response)) control.rest()
      return response
    },
  })
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${server.port}`,
    port: server.port ?? options.port,
    async drain() {
      for (const socket of sockets) socket.leave()
      await server.stop(false)
    },
    close: () => server.stop(true),
  }
}

/** Whoever writes a stream lets the connection rest at its end. */
function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true
}

interface SocketDoor {
  readonly server: Bun.Server<SocketState>
  readonly sockets: ReadonlySet<SocketHandler>
  readonly control: ConnectionControl
}

/** Lets the route decide; where it upgraded the request, the server wants no response. */
async function openSocket(
  app: Hono,
  request: Request,
  { server, sockets, control }: SocketDoor,
): Promise<Response | undefined> {
  let isUpgraded = false
  const upgrade = (handler: SocketHandler): boolean => {
    if (sockets.size >= SOCKETS_MAX) return false
    isUpgraded = server.upgrade(request, { data: { handler, wake: null } })
    return isUpgraded
  }
  const response = await app.fetch(request, { ...control, upgrade })
  return isUpgraded ? undefined : response
}
