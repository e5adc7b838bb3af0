import type { ProxyError } from './errors.ts'
import type { Fields } from './fields.ts'

/**
 * The port to upstream servers. One request out, one answer back; no retry, no redirect, no decoding of its meaning.
 *
 * `send` resolves when the headers are there. It rejects with `ProxyError`: `upstream_unreachable` (refused, DNS, TLS,
 * reset, no HTTP), `upstream_timeout` (no connection in time), `overloaded` (no descriptor left for one),
 * `invalid_request` (a header that cannot be sent), or with the abort's own reason if that ended it, `isUnsent` where the
 * transport knows that nothing had been sent by then.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
  /** What went wrong, as one of our kinds, when reading a body rejects: `upstream_unreachable`, or the abort's reason. */
  explain(thrown: unknown): ProxyError
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** By names in lower case. How long the body is, the transport says itself. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | null
  /** Ends the request, and the reading of its answer. A transport may use it itself, with the `ProxyError` as reason. */
  readonly abort: AbortController
}

/** An answer, of which only the head is there. Its body is read one way, `read` or `bytes`, and once. */
export interface TransportResponse {
  readonly status: number
  readonly headers: Fields
  /** What has come since the last read, at least a byte; `null` at the end. One at a time. */
  read(): Promise<Uint8Array | null>
  /** The whole body at once: for bodies whose length is known to be bearable. */
  bytes(): Promise<Uint8Array>
  /** Gives up what nobody has read, and the connection if that was not over. */
  cancel(): void
}
