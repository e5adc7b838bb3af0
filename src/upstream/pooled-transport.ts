import type { Transport, TransportRequest, TransportResponse } from '../core/transport.ts'
import { addressOf } from './address.ts'
import { decoded } from './decoded.ts'
import { explain } from './explain.ts'
import { OriginPool, type PoolOptions } from './http1/origin-pool.ts'
import { writeHead } from './http1/request-head.ts'

const SWEEP_MS = 15_000

/**
 * The transport over plain sockets: HTTP/1.1 with keep-alive, and TLS as Bun trusts. Proxies by environment are not its
 * business. Redirects are returned, never followed.
 */
export function openPooledTransport(options: PoolOptions): Transport & { close(): void } {
  // As many as configurations have named addresses since the start.
  const routes = new Map<string, Route>()
  const encoder = new TextEncoder()

  function routeTo(origin: string): Route {
    const known = routes.get(origin)
    if (known !== undefined) return known
    const route = openRoute(new URL(origin), options)
    routes.set(origin, route)
    return route
  }

  function begin(request: TransportRequest, resolve: Resolve, reject: Reject): void {
    const { signal } = request.abort
    signal.throwIfAborted()
    const { origin, path } = splitUrl(request.url)
    const { pool, host } = routeTo(origin)
    const body = typeof request.body === 'string' ? encoder.encode(request.body) : request.body
    const head = writeHead(request, { host, path }, body?.length ?? null)
    pool.carry({
      request,
      head,
      body,
      resolve: (response) => resolve(decoded(response)),
      reject(thrown) {
        const error = explain(thrown)
        // Whoever tries again may have the descriptor of a connection that waits, to wherever.
        if (error.kind === 'overloaded') closeIdle()
        reject(error)
      },
    })
  }

  function closeIdle(): void {
    for (const { pool } of routes.values()) pool.close()
  }

  const cancelSweep = options.scheduler.every(SWEEP_MS, () => {
    for (const { pool } of routes.values()) pool.sweep()
  })
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        try {
          begin(request, resolve, reject)
        } catch (thrown) {
          reject(explain(thrown))
        }
      }),
    explain,
    close() {
      cancelSweep()
      closeIdle()
    },
  }
}

type Resolve = (response: TransportResponse) => void
type Reject = (thrown: unknown) => void

interface Route {
  readonly pool: OriginPool
  /** Its name in requests. */
  readonly host: string
}

/** @throws Error with code `ERR_INVALID_URL`: what is written like `htps` must not go out in the clear */
function openRoute(url: URL, options: PoolOptions): Route {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw Object.assign(new Error('neither http nor https'), { code: 'ERR_INVALID_URL' })
  return { pool: new OriginPool(addressOf(url), options), host: url.host }
}

const SCHEME_CHARS_MAX = 'https://'.length
/** What a parser of addresses leaves as it is, if no dots lead up: nothing escaped or to be escaped, no fragment. */
const PLAIN_PATH = /^\/[!$&()*+,\-./0-9:;=?@A-Z_a-z~]*$/

/** Cuts an address in two; what is not plain goes by way of a parser, as it would with `fetch`. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const slash = url.indexOf('/', SCHEME_CHARS_MAX)
  if (slash !== -1) {
    const path = url.slice(slash)
    if (PLAIN_PATH.test(path) && !path.includes('/.')) return { origin: url.slice(0, slash), path }
  }
  const { origin, pathname, search } = new URL(url)
  return { origin, path: pathname + search }
}
