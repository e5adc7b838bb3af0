import type { ErrorKind } from '../core/errors.ts'

/** What the status of an upstream's failure says by itself. 424: the model failed, as Bedrock and TGI tell it. */
export function kindOfStatus(status: number): ErrorKind {
  if (status < 400) return 'upstream_malformed'
  if (status === 401 || status === 403) return 'upstream_auth'
  if (status === 402) return 'upstream_quota'
  if (status === 408) return 'upstream_timeout'
  if (status === 429) return 'upstream_rate_limited'
  return status < 500 && status !== 424 ? 'upstream_rejected' : 'upstream_error'
}
