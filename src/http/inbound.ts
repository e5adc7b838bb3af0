import { getPath } from 'hono/utils/url'
import type { ConnectionControl } from '../core/connection.ts'
import type { Surface } from '../core/dialect.ts'
import type { ProxyError } from '../core/errors.ts'
import { readBody } from '../core/read-body.ts'
import type { SurfaceLabel } from '../core/record.ts'
import { acceptRequestId, newRequestId } from '../core/request-id.ts'
import { continueTrace, type TraceContext } from '../core/traceparent.ts'
import { classOf } from '../pipeline/class-of.ts'
import type { Inbound, PipelineDeps } from '../pipeline/ports.ts'
import { ClientAbort } from './client-signal.ts'

export interface InboundOptions {
  readonly surface: Surface
  readonly label: SurfaceLabel
  readonly bodyBytesMax: number
  /** Its idle timeout is switched off once the body is there. */
  readonly connection: Pick<ConnectionControl, 'keepOpen'>
}

/**
 * A web request as the pipeline takes it. Nothing of the body is read yet, and what a refusal does not need is looked at
 * when it is asked for: under load most requests are refused.
 */
export class WebInbound implements Inbound {
  readonly requestId: string
  readonly trace: TraceContext
  readonly surface: Surface
  readonly label: SurfaceLabel
  readonly headers: Headers
  readonly startedMs: number
  readonly startedWallMs: number
  readonly #request: Request
  readonly #options: InboundOptions
  readonly #abort: ClientAbort
  #requestClass: Inbound['requestClass'] | null = null

  constructor(request: Request, { clock, random }: Pick<PipelineDeps, 'clock' | 'random'>, options: InboundOptions) {
    const { headers } = request
    const traceparent = headers.get('traceparent')
    const tracestate = traceparent === null ? null : headers.get('tracestate')
    this.startedWallMs = clock.wallMs()
    this.startedMs = clock.nowMs()
    this.requestId = acceptRequestId(headers.get('x-request-id')) ?? newRequestId(this.startedWallMs, random)
    this.trace = continueTrace(traceparent, tracestate, random)
    this.surface = options.surface
    this.label = options.label
    this.headers = headers
    this.#request = request
    this.#options = options
    this.#abort = new ClientAbort(request)
  }

  get path(): string {
    return pathOf(this.#request.url)
  }

  get query(): string {
    return queryOf(this.#request.url)
  }

  get requestClass(): Inbound['requestClass'] {
    this.#requestClass ??= classOf(this.headers)
    return this.#requestClass
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  follow(abort: AbortController | null): void {
    this.#abort.follow(abort)
  }

  interrupt(reason: ProxyError): void {
    this.#abort.interrupt(reason)
  }

  readBody(): Promise<Uint8Array> {
    const { bodyBytesMax, connection } = this.#options
    return readBody(this.#request, bodyBytesMax, connection)
  }
}

/**
 * The path as it came, not as a URL parser rewrites it: access lists must judge what was sent. It begins and ends where
 * the router's path does.
 */
export function pathOf(url: string): string {
  const start = isBare(url) ? 0 : url.indexOf('/', url.indexOf('//') + 2)
  return url.slice(start, Math.min(endBefore(url, '?'), endBefore(url, '#')))
}

function endBefore(url: string, mark: '?' | '#'): number {
  const at = url.indexOf(mark)
  return at === -1 ? url.length : at
}

/** The query with its `?`, or `''`, exactly as it was sent: the upstream gets it so. */
function queryOf(url: string): string {
  const end = endBefore(url, '#')
  return url.slice(Math.min(endBefore(url, '?'), end), end)
}

/** The path that routes are found by, decoded. */
export function routedPath(request: Request): string {
  return isBare(request.url) ? getPath(new Request(`http://localhost${request.url}`)) : getPath(request)
}

/** Whether the URL is a path alone, as Bun gives it where `Host` is missing or no host: HTTP/1.0 needs none. */
function isBare(url: string): boolean {
  return url.startsWith('/')
}
