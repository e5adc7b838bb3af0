import type { Hono } from 'hono'

export interface Listener {
  /** `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
  /** Stops accepting; resolves when the last response is out. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
}

/** Opens the port. Throws what the system says: the address in use, or not ours. */
export function listen(app: Hono, options: { host: string; port: number }): Listener {
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    // The pipeline has its own limit, which answers in the client's envelope; the server's would close without one.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    idleTimeout: 120,
    fetch(request, self) {
      // Streams are watched by the relay, which pings; the server's own timeout would cut them.
      self.timeout(request, 0)
      return app.fetch(request)
    },
  })
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${server.port}`,
    port: server.port ?? options.port,
    drain: () => server.stop(false),
    close: () => server.stop(true),
  }
}
