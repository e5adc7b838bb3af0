import { ProxyError } from '../../core/errors.ts'
import type { TransportRequest } from '../../core/transport.ts'

/** What every request carries that does not say otherwise, as `fetch` does. */
const DEFAULTS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'user-agent': `Bun/${Bun.version}`,
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** One byte a character, and none that ends a line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The head of a request, with the empty line at its end; one byte a character. Headers are named in lower case; what they say
 * about the length is left out, since a server that believes it takes the rest of the body for another request.
 *
 * @param bodyBytes `null`: there is no body
 * @throws ProxyError `invalid_request` for a field that cannot be sent
 * @see RFC 9112 §3, RFC 9110 §5.5
 */
export function writeHead(
  { method, headers }: Pick<TransportRequest, 'method' | 'headers'>,
  { host, path }: { readonly host: string; readonly path: string },
  bodyBytes: number | null,
): string {
  let head = `${method} ${path} HTTP/1.1\r\n`
  for (const name in headers) {
    if (name === 'content-length' || name === 'transfer-encoding') continue
    const value = headers[name] ?? ''
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new ProxyError('invalid_request', `the header ${JSON.stringify(name)} cannot be sent to the provider`)
    }
    head += `${name}: ${value}\r\n`
  }
  if (headers.host === undefined) head += `host: ${host}\r\n`
  for (const name in DEFAULTS) if (headers[name] === undefined) head += `${name}: ${DEFAULTS[name]}\r\n`
  return bodyBytes === null ? `${head}\r\n` : `${head}content-length: ${bodyBytes}\r\n\r\n`
}
