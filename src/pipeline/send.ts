import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import type { TransportRequest, TransportResponse } from '../core/transport.ts'
import type { PipelineDeps } from './ports.ts'

/**
 * Sends a request that carries its credential already, or signs it first where the provider wants that.
 *
 * @throws ProxyError of the transport; `upstream_auth` where no signature or token is to be had
 */
export function send(
  deps: Pick<PipelineDeps, 'transport' | 'signers'>,
  { auth, id }: Provider,
  key: Secret | null,
  request: TransportRequest,
): Promise<TransportResponse> {
  if (typeof auth === 'string') return deps.transport.send(request)
  if (key === null) throw new ProxyError('upstream_auth', `${id} has no credential to sign with`)
  const signing =
    auth.type === 'google'
      ? deps.signers.google({ request, auth, key })
      : deps.signers['aws-sigv4']({ request, auth, key })
  return signing.then((headers) => deps.transport.send({ ...request, headers: { ...request.headers, ...headers } }))
}
