import type { ConnectionControl } from './connection.ts'
import { ProxyError } from './errors.ts'

/**
 * Reads a request's body under a limit, without ever holding more than the limit.
 *
 * @param connection kept open once the body is there: from then on it may be silent for as long as the model thinks
 * @throws ProxyError `request_too_large`; `unsupported_media_type` for an encoded body; `client_closed` if it breaks off
 */
export async function readBody(
  request: Request,
  bytesMax: number,
  connection?: Pick<ConnectionControl, 'keepOpen'>,
): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new ProxyError('unsupported_media_type', 'send the body without Content-Encoding')
  }
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > bytesMax) throw tooLarge(bytesMax)
  try {
    const body = declared === null ? await readChunked(request, bytesMax) : await request.bytes()
    connection?.keepOpen()
    return body
  } catch (thrown) {
    if (thrown instanceof ProxyError) throw thrown
    throw new ProxyError('client_closed', 'the client broke off inside its request', { cause: thrown })
  }
}

async function readChunked(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of request.body) {
    total += chunk.byteLength
    if (total > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(bytesMax: number): ProxyError {
  return new ProxyError('request_too_large', `the body is larger than ${bytesMax} bytes`)
}

/**
 * Parses a short body, whose limit bounds what it can cost.
 *
 * @throws ProxyError `invalid_request` on what is not JSON in UTF-8
 */
export function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch (cause) {
    throw new ProxyError('invalid_request', 'the body is not valid JSON in UTF-8', { cause })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
