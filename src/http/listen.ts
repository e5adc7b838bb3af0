import type { Hono } from 'hono'
import { BODY_BYTES_MAX, SOCKETS_MAX } from '../core/limits.ts'
import { asksForSocket, type SocketHandler, type SocketState, socketServer } from './socket.ts'

/** What a route may do to its connection. */
export interface ConnectionControl {
  /** Lets it be silent from here on: an answer is watched by the pipeline, which pings. */
  keepOpen(): void
}

/** Asks the server behind `app.fetch`'s second argument, if there is one: tests call the application without. */
export function keepOpen(env: unknown): void {
  if (typeof env === 'object' && env !== null && 'keepOpen' in env && typeof env.keepOpen === 'function') env.keepOpen()
}

/** A connection that brings less than its next 16 KB in this time, headers or body, is closed. */
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
  /** Other processes of the same user may open the port too. */
  readonly isShared?: boolean
}

/** Opens the port. Throws what the system says: the address in use, or not ours. */
export function listen(app: Hono, options: ListenOptions): Listener {
  const sockets = new Set<SocketHandler>()
  const server = Bun.serve<SocketState>({
    hostname: options.host,
    port: options.port,
    reusePort: options.isShared === true,
    // The pipeline has its own limit, which answers in the client's envelope; the server's would close without one.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    idleTimeout: SLOW_PEER_SECONDS,
    websocket: socketServer(options.messageBytesMax ?? BODY_BYTES_MAX, sockets),
    fetch(request, self) {
      if (request.method === 'GET' && asksForSocket(request)) return openSocket(app, request, self, sockets)
      if (!request.url.includes('/v1/')) self.timeout(request, 0)
      return app.fetch(request, { keepOpen: () => self.timeout(request, 0) } satisfies ConnectionControl)
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

/** Lets the route decide; where it upgraded the request, the server wants no response. */
async function openSocket(
  app: Hono,
  request: Request,
  server: Bun.Server<SocketState>,
  sockets: ReadonlySet<SocketHandler>,
): Promise<Response | undefined> {
  let isUpgraded = false
  const upgrade = (handler: SocketHandler): boolean => {
    if (sockets.size >= SOCKETS_MAX) return false
    isUpgraded = server.upgrade(request, { data: { handler, wake: null } })
    return isUpgraded
  }
  const response = await app.fetch(request, { keepOpen: () => server.timeout(request, 0), upgrade })
  return isUpgraded ? undefined : response
}
