import { ProxyError } from '../core/errors.ts'

/**
 * What went wrong at a connection, as one of our kinds. Bun and the system tell it by `code` (`ECONNREFUSED`, `ENOTFOUND`,
 * `CERT_HAS_EXPIRED`, …), of which the client sees no more than that word. A `ProxyError` is the reason an abort of ours
 * gave, and stays.
 */
export function explain(thrown: unknown): ProxyError {
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
