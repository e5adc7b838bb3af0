import type { OwnCredential } from '../auth/credentials.ts'
import type { Secret } from '../core/secret.ts'
import type { Target } from '../core/target.ts'
import type { TransportResponse } from '../core/transport.ts'
import type { Strip } from '../dialect/strips/strip-table.ts'
import type { Exchange } from './exchange.ts'
import { stripBetas, upstreamHeaders } from './headers.ts'
import type { PipelineDeps } from './ports.ts'
import { send } from './send.ts'

/** One request as it leaves lynkr, but for its headers. */
export interface Departure {
  readonly url: string
  readonly body: Uint8Array | string
  /** What was left out of the body, whose betas go too. */
  readonly strips: readonly Strip[]
  /** The operator's credential, or `null` where none is needed. */
  readonly key: Secret | null
  /** The client's own, which goes instead. */
  readonly own: OwnCredential | null
  readonly abort: AbortController
}

/**
 * Sends the POST of an exchange's attempt at a target, with the client's headers as the target takes them. Throws and
 * rejects as `send` does.
 */
export function sendToTarget(
  deps: Pick<PipelineDeps, 'transport' | 'signers' | 'instanceId'>,
  { inbound, trace, ownsAccount }: Exchange,
  { provider }: Target,
  { url, body, strips, key, own, abort }: Departure,
): Promise<TransportResponse> {
  const { instanceId } = deps
  const headers = upstreamHeaders(inbound, provider, { instanceId, trace, key, own, ownsAccount })
  if (strips.length > 0) stripBetas(headers, strips)
  return send(deps, provider, key, { method: 'POST', url, headers, body, abort })
}
