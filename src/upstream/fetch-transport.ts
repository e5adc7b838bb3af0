import type { Transport, TransportRequest, TransportResponse } from '../core/transport.ts'
import { explain } from './explain.ts'

/**
 * The transport on Bun's own `fetch`: keep-alive, TLS and proxies by environment come with it.
 * Redirects are returned, never followed: the credential in the request is for this host only.
 */
export const fetchTransport: Transport = {
  send({ url, method, headers, body, abort }: TransportRequest): Promise<TransportResponse> {
    return fetch(url, { method, headers, body, signal: abort.signal, redirect: 'manual' }).then(fromResponse, fail)
  },
  explain,
}

function fail(thrown: unknown): never {
  throw explain(thrown)
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>

/** A web response as the pipeline takes it. */
export function fromResponse(response: Response): TransportResponse {
  let reader: Reader | null = null
  return {
    status: response.status,
    headers: response.headers,
    read() {
      reader ??= response.body?.getReader() ?? null
      return reader === null ? Promise.resolve(null) : reader.read().then(toBytes)
    },
    bytes: () => response.bytes(),
    cancel() {
      // It may be broken or over already, which is what was wanted.
      void (reader ?? response.body)?.cancel().catch(ignore)
    },
  }
}

function toBytes({ done, value }: { readonly done: boolean; readonly value?: Uint8Array | undefined }) {
  return done || value === undefined ? null : value
}

function ignore(): void {
  // What the stream says about being given up interests nobody.
}
