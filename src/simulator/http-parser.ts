const HEAD_BYTES_MAX = 64 * 1024
const CRLF = new Uint8Array([13, 10])
const HEAD_END = new Uint8Array([13, 10, 13, 10])
const EMPTY = new Uint8Array(0)

/** The name of a header, a token of RFC 9110 §5.6.2. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export interface HttpRequest {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  /** With its `?`, or `''`. */
  readonly query: string
  readonly headers: Headers
  readonly body: Uint8Array
  /** Bytes on the wire, head and framing included. */
  readonly wireBytes: number
  /** The body was longer than is kept; `body` is empty. */
  readonly isTooLarge: boolean
  readonly keepAlive: boolean
}

/** The bytes are not HTTP/1.x; the connection can only be closed. */
export class HttpSyntaxError extends Error {}

/** Cuts a connection's bytes into requests, at any split. */
export interface HttpParser {
  push(bytes: Uint8Array): void
  /** The next whole request, or null until more bytes come. Throws `HttpSyntaxError`. */
  next(): HttpRequest | null
  /** True once, when a head asks for `100 Continue` and its body has yet to come. */
  takesContinue(): boolean
}

type Stage =
  | { kind: 'head' }
  | { kind: 'length'; left: number }
  | { kind: 'chunk_size' }
  | { kind: 'chunk_data'; left: number }
  | { kind: 'trailers' }

interface Head {
  readonly method: string
  readonly target: string
  readonly headers: Headers
  readonly keepAlive: boolean
}

export function openHttpParser(bodyBytesMax: number): HttpParser {
  let buffer: Uint8Array = EMPTY
  let stage: Stage = { kind: 'head' }
  let head: Head | null = null
  let parts: Uint8Array[] = []
  let bodyBytes = 0
  let wireBytes = 0
  let wantsContinue = false

  const take = (length: number): Uint8Array => {
    const taken = buffer.subarray(0, length)
    buffer = buffer.subarray(length)
    wireBytes += length
    return taken
  }
  const line = (end: Uint8Array): string | null => {
    const at = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).indexOf(end)
    if (at < 0 && buffer.byteLength > HEAD_BYTES_MAX) throw new HttpSyntaxError('head too long')
    return at < 0 ? null : Buffer.from(take(at + end.byteLength)).toString('latin1', 0, at)
  }
  const keep = (bytes: Uint8Array): void => {
    bodyBytes += bytes.byteLength
    if (bodyBytes <= bodyBytesMax) parts.push(bytes)
    else parts = []
  }
  const finish = (): HttpRequest => {
    const { method, target, headers, keepAlive } = head ?? fail('no head')
    const question = target.indexOf('?')
    const path = question < 0 ? target : target.slice(0, question)
    const query = question < 0 ? '' : target.slice(question)
    const body = parts.length === 1 ? (parts[0] ?? EMPTY) : Buffer.concat(parts)
    const request = { method, path, query, headers, body, wireBytes, isTooLarge: bodyBytes > bodyBytesMax, keepAlive }
    stage = { kind: 'head' }
    head = null
    parts = []
    bodyBytes = 0
    wireBytes = 0
    return request
  }
  /** One step through the grammar: a request, `null` for "more bytes please", or `undefined` for "go on". */
  const step = (): HttpRequest | null | undefined => {
    switch (stage.kind) {
      case 'head': {
        const text = line(HEAD_END)
        if (text === null) return null
        head = parseHead(text)
        stage = bodyStage(head.headers)
        wantsContinue = head.headers.get('expect')?.toLowerCase() === '100-continue'
        return undefined
      }
      case 'length':
      case 'chunk_data': {
        const bytes = take(Math.min(stage.left, buffer.byteLength))
        stage.left -= bytes.byteLength
        if (bytes.byteLength > 0) keep(bytes)
        if (stage.left > 0) return null
        if (stage.kind === 'length') return finish()
        if (buffer.byteLength < CRLF.byteLength) return null
        if (line(CRLF) !== '') throw new HttpSyntaxError('chunk longer than its size')
        stage = { kind: 'chunk_size' }
        return undefined
      }
      case 'chunk_size': {
        const text = line(CRLF)
        if (text === null) return null
        const size = /^[0-9a-f]{1,8}(?=$|[;\s])/i.exec(text)?.[0] ?? fail('chunk size')
        stage = size.replace(/^0+/, '') === '' ? { kind: 'trailers' } : { kind: 'chunk_data', left: parseInt(size, 16) }
        return undefined
      }
      case 'trailers': {
        const text = line(CRLF)
        if (text === null) return null
        return text === '' ? finish() : undefined
      }
    }
  }
  return {
    push(bytes) {
      buffer = buffer.byteLength === 0 ? bytes : Buffer.concat([buffer, bytes])
    },
    next() {
      for (;;) {
        const result = step()
        if (result !== undefined) return result
      }
    },
    takesContinue() {
      const wanted = wantsContinue
      wantsContinue = false
      return wanted
    },
  }
}

function fail(what: string): never {
  throw new HttpSyntaxError(what)
}

function parseHead(text: string): Head {
  const [requestLine = '', ...lines] = text.split('\r\n')
  const match = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(requestLine) ?? fail(`request line ${requestLine.slice(0, 80)}`)
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1 || !HEADER_NAME.test(line.slice(0, colon))) fail('header name')
    const value = line.slice(colon + 1).trim()
    if (/[\0\r\n]/.test(value)) fail('header value')
    headers.append(line.slice(0, colon), value)
  }
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  const keepAlive = match[3] === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  return { method: match[1] ?? '', target: match[2] ?? '', headers, keepAlive }
}

function bodyStage(headers: Headers): Stage {
  const length = headers.get('content-length')
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
    if (length !== null) fail('both content-length and transfer-encoding')
    return { kind: 'chunk_size' }
  }
  if (length !== null && !/^\d{1,15}$/.test(length)) fail('content-length')
  return { kind: 'length', left: Number(length ?? 0) }
}
