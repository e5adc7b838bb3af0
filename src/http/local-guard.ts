import { ProxyError } from '../core/errors.ts'
import { asksForSocket } from './socket.ts'

/**
 * Without keys on loopback every local program may use lynkr, but no web page may: a page can make the browser send
 * requests to 127.0.0.1, by a rebound name or across origins, and would spend the user's money.
 *
 * Refused are a `Host` that is not loopback (DNS rebinding), a foreign `Origin`, and, for bodies, a content type that
 * a page can send without the browser asking first. It never asks before it opens a WebSocket, so that a page of another
 * local server is foreign there too.
 *
 * @returns why the request is refused, or `null`
 */
export function refuseWebPage(request: Request): ProxyError | null {
  const { headers } = request
  const host = headers.get('host')
  if (host === null || !isLoopbackHost(host)) {
    return new ProxyError('forbidden', 'without keys lynkr answers only to a loopback Host; set LYNKR_API_KEYS')
  }
  const origin = headers.get('origin')
  if (origin !== null && !(asksForSocket(request) ? isOrigin(origin, host) : isLoopbackOrigin(origin))) {
    return new ProxyError('forbidden', 'without keys lynkr does not answer web pages; set LYNKR_API_KEYS')
  }
  if (request.method === 'POST' && !isJsonType(headers.get('content-type'))) {
    return new ProxyError('unsupported_media_type', 'the body must be sent as Content-Type: application/json')
  }
  return null
}

/** `localhost`, `127.x.y.z` or `[::1]`, with or without a port. */
function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host)
}

/** Whether the page comes from this very host and port. */
function isOrigin(origin: string, host: string): boolean {
  return origin.toLowerCase() === `http://${host.toLowerCase()}`
}

function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin)
  return match?.[1] !== undefined && isLoopbackHost(match[1])
}

function isJsonType(contentType: string | null): boolean {
  return contentType !== null && /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)
}
