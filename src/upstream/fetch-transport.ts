import { ProxyError } from '../core/errors.ts'
import type { Transport, TransportRequest, TransportResponse } from '../core/transport.ts'

/**
 * The transport on Bun's own `fetch`: keep-alive, TLS and proxies by environment come with it.
 * Redirects are returned, never followed: the credential in the request is for this host only.
 */
export const fetchTransport: Transport = {
  send({ url, method, headers, body, abort }: TransportRequest): Promise<TransportResponse> {
    return fetch(url, { method, headers, body, signal: abort.signal, redirect: 'manual' }).catch(fail)
  },
  explain,
}

function fail(thrown: unknown): never {
  throw explain(thrown)
}

/**
 * Bun tells what went wrong by `code` (`ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, …), of which the client sees
 * no more than that word. A `ProxyError` is the reason an abort of ours gave, and stays.
 */
function explain(thrown: unknown): ProxyError {
  if (thrown instanceof ProxyError) return thrown
  const code = errorCode(thrown)
  const options = { cause: thrown, detail: { facts: { code } } }
  if (code === 'ETIMEDOUT') return new ProxyError('upstream_timeout', 'the upstream did not answer in time', options)
  if (code === 'EMFILE' || code === 'ENFILE') return new ProxyError('overloaded', NO_DESCRIPTOR, options)
  return new ProxyError('upstream_unreachable', `the connection to the upstream failed (${code})`, options)
}

/** Nothing that the upstream did: its breaker must not open for it. */
const NO_DESCRIPTOR = 'lynkr may open no more connections; whoever runs it can raise its limit of open files'

function errorCode(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return 'unknown'
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
  return 'name' in thrown && typeof thrown.name === 'string' ? thrown.name : 'unknown'
}
