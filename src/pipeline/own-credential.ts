import type { OwnCredential } from '../auth/credentials.ts'
import { ProxyError } from '../core/errors.ts'
import type { Provider } from '../core/target.ts'
import type { Inbound, PipelineDeps } from './ports.ts'

/**
 * The client's own credential, where this provider takes it and the client brought one.
 *
 * A credential belongs to one vendor: it goes only to providers that speak the client's own family of dialects, so that
 * a token for Anthropic is never shown to a server that an alias leads to.
 */
export function ownCredential(
  deps: Pick<PipelineDeps, 'ownCredential'>,
  { headers, surface }: Pick<Inbound, 'headers' | 'surface'>,
  { auth, credential, dialect }: Pick<Provider, 'auth' | 'credential' | 'dialect'>,
): OwnCredential | null {
  // What signs requests is no client's credential.
  if (typeof auth !== 'string') return null
  // Dialects begin with the name of their family: `openai-chat`.
  if (credential === 'operator' || !dialect.startsWith(surface.errorEnvelope)) return null
  return deps.ownCredential(headers)
}

/** The same; where the provider takes nothing else and there is none, throws `unauthenticated`. */
export function ownOrRefuse(
  deps: Pick<PipelineDeps, 'ownCredential'>,
  inbound: Pick<Inbound, 'headers' | 'surface'>,
  provider: Provider,
): OwnCredential | null {
  const own = ownCredential(deps, inbound, provider)
  if (own === null && provider.credential === 'client') throw ownMissing(provider)
  return own
}

/** By what a client is known where no lynkr keys are in force: whoever shows the same is the same. A secret. */
export function shownCredential(headers: Headers): string {
  return `${headers.get('authorization') ?? ''}\n${headers.get('x-api-key') ?? ''}`
}

/** The client has to bring a credential of its own and brought none that may go there. */
export function ownMissing({ id }: Pick<Provider, 'id'>): ProxyError {
  return new ProxyError(
    'unauthenticated',
    `${id} takes your own credential: send it in authorization or x-api-key; a lynkr key goes in the other of the two`,
  )
}
