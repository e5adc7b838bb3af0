import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import type { TransportRequest, TransportResponse } from '../core/transport.ts'
import type { Inbound, PipelineDeps } from './ports.ts'

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

/**
 * An address with the client's query behind it, for a server of its own API; a cloud refuses parameters that it does not
 * know. What the address says already, such as Azure's `api-version`, is the operator's word.
 */
export function withQuery(
  url: string,
  { query }: Pick<Inbound, 'query'>,
  { quirks }: Pick<Provider, 'quirks'>,
): string {
  if (quirks.anthropicVersion !== undefined) return url
  const from = url.indexOf('?')
  if (from === -1 || query === '') return url + query
  const said = new URLSearchParams(url.slice(from))
  const others = query
    .slice(1)
    .split('&')
    .filter((pair) => [...new URLSearchParams(pair).keys()].some((name) => !said.has(name)))
  return [url, ...others].join('&')
}
