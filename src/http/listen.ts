import type { Hono } from 'hono'

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

/** Opens the port. Throws what the system says: the address in use, or not ours. */
export function listen(app: Hono, options: { host: string; port: number }): Listener {
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    // The pipeline has its own limit, which answers in the client's envelope; the server's would close without one.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    idleTimeout: SLOW_PEER_SECONDS,
    fetch(request, self) {
      if (!request.url.includes('/v1/')) self.timeout(request, 0)
      return app.fetch(request, { keepOpen: () => self.timeout(request, 0) } satisfies ConnectionControl)
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
