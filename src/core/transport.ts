import type { ProxyError } from './errors.ts'

/**
 * The port to upstream servers. One request out, one answer back; no retry, no redirect, no decoding of its meaning.
 *
 * `send` resolves when the headers are there. It rejects with `ProxyError`: `upstream_unreachable` (refused, DNS, TLS,
 * reset), `upstream_timeout` (no connection in time), or with the abort's own reason if that ended it.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
  /** What went wrong, as one of our kinds, when reading a body rejects: `upstream_unreachable`, or the abort's reason. */
  explain(thrown: unknown): ProxyError
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | null
  /** Ends the request, and the reading of its answer. A transport may use it itself, with the `ProxyError` as reason. */
  readonly abort: AbortController
}

export interface TransportResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
  /** The whole body at once, without a stream: for bodies whose length is known to be bearable. */
  bytes(): Promise<Uint8Array>
}
