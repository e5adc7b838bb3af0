import { type ErrorKind, ProxyError, type UpstreamFailure } from '../../core/errors.ts'
import { kindOfStatus } from '../kind-of-status.ts'

/** What a cloud's own error envelope says, in terms of ours. */
export interface CloudError {
  readonly kind: ErrorKind
  readonly message: string
  readonly isContextOverflow: boolean
}

/** A failure as the cloud's envelope tells it; without one, as its status does. */
export function cloudFailure(failure: UpstreamFailure, told: CloudError | null): ProxyError {
  const { kind, message, isContextOverflow } = told ?? {
    kind: kindOfStatus(failure.status),
    message: `the upstream answered ${failure.status}`,
    isContextOverflow: false,
  }
  return new ProxyError(kind, message, {
    detail: { upstream: failure, ...(isContextOverflow && { isContextOverflow }) },
  })
}
