import { ProxyError } from '../../core/errors.ts'

/** What a server sent is no HTTP/1.1. The words are ours, no part of them the server's, so that a client may read them. */
export function malformed(what: string): ProxyError {
  return new ProxyError('upstream_unreachable', `the upstream's answer is not HTTP/1.1: ${what}`, {
    detail: { facts: { code: 'MALFORMED_HTTP' } },
  })
}
