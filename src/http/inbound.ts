import { getPath } from 'hono/utils/url'
import type { Surface } from '../core/dialect.ts'
import type { SurfaceLabel } from '../core/record.ts'
import { acceptRequestId, newRequestId } from '../core/request-id.ts'
import { continueTrace } from '../core/traceparent.ts'
import { classOf } from '../pipeline/class-of.ts'
import type { Inbound, PipelineDeps } from '../pipeline/ports.ts'
import { openClientAbort } from './client-signal.ts'
import { readBody } from './read-body.ts'

export interface InboundOptions {
  readonly label: SurfaceLabel
  readonly bodyBytesMax: number
  /** The body is there: from here on the connection may be silent for as long as the model thinks. */
  onBodyRead(): void
}

/** A web request as the pipeline takes it. Nothing of the body is read yet. */
export function toInbound(
  request: Request,
  deps: Pick<PipelineDeps, 'clock' | 'random'>,
  surface: Surface,
  options: InboundOptions,
): Inbound {
  const wallMs = deps.clock.wallMs()
  return {
    requestId: acceptRequestId(request.headers.get('x-request-id')) ?? newRequestId(wallMs, deps.random),
    trace: continueTrace(request.headers.get('traceparent'), request.headers.get('tracestate'), deps.random),
    surface,
    label: options.label,
    headers: request.headers,
    path: pathOf(request.url),
    query: queryOf(request.url),
    startedMs: deps.clock.nowMs(),
    startedWallMs: wallMs,
    ...openClientAbort(request),
    requestClass: classOf(request.headers),
    async readBody() {
      const body = await readBody(request, options.bodyBytesMax)
      options.onBodyRead()
      return body
    },
  }
}

/**
 * The path as it came: what a parser makes of it is not what an access list should see. It begins and ends where the
 * router's does.
 */
export function pathOf(url: string): string {
  const start = isBare(url) ? 0 : url.indexOf('/', url.indexOf('//') + 2)
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}

/** The query with its `?`, or `''`: cut out of the text, which is what the upstream gets. */
function queryOf(url: string): string {
  const [beforeFragment = ''] = url.split('#', 1)
  const at = beforeFragment.indexOf('?')
  return at === -1 ? '' : beforeFragment.slice(at)
}

/** The path that routes are found by, decoded. */
export function routedPath(request: Request): string {
  return isBare(request.url) ? getPath(new Request(`http://localhost${request.url}`)) : getPath(request)
}

/** What the server gives for a request whose `Host` is missing, or is no host: HTTP/1.0 needs none. */
function isBare(url: string): boolean {
  return url.startsWith('/')
}
