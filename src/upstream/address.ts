import { ProxyError } from '../core/errors.ts'

/** Where a server listens. */
export interface Address {
  readonly hostname: string
  readonly port: number
  /** Whether a connection counts as accepted only after the TLS handshake. */
  readonly isTls: boolean
}

export function addressOf({ protocol, hostname, port }: URL): Address {
  const isTls = protocol === 'https:'
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isTls ? 443 : 80)), isTls }
}

/** Nobody accepted a connection while it was waited for. */
export function notConnected(): ProxyError {
  return new ProxyError('upstream_timeout', 'the upstream did not accept the connection in time', {
    detail: { facts: { code: 'ECONNTIMEOUT' } },
  })
}
