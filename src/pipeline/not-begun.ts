import { ProxyError } from '../core/errors.ts'

/** What ends an attempt whose answer does not begin in time. */
export function notBegun(): ProxyError {
  return new ProxyError('upstream_timeout', 'the upstream did not begin to answer in time')
}
