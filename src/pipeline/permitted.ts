import { forbids } from '../auth/principal.ts'
import { ProxyError } from '../core/errors.ts'
import type { SurfaceLabel } from '../core/record.ts'
import type { Target } from '../core/target.ts'
import { stripSuffix } from '../routing/router.ts'
import type { Exchange } from './exchange.ts'

/** Paths that make a model work, and so fall under the limits of a key. Counting and listing never do. */
const LIMITED: ReadonlySet<SurfaceLabel> = new Set(['messages', 'chat', 'responses', 'embeddings'])

/** Bytes of a request's body per token, before it is read; the limit is corrected by what was used. */
const BYTES_PER_TOKEN = 4

/** @throws ProxyError `forbidden` if the key may not use this path; `rate_limited` */
export async function refuseByKey({ inbound, principal, bill }: Exchange): Promise<void> {
  const { scopes, keyId } = principal
  const forbidden = forbids(scopes, { surface: inbound.label })
  if (forbidden !== null) throw forbidden
  const { requestsPerMinute, tokensPerMinute, concurrentRequests } = scopes
  const isUnlimited = requestsPerMinute === null && tokensPerMinute === null && concurrentRequests === null
  if (isUnlimited || !LIMITED.has(inbound.label)) return
  const bytes = Number(inbound.headers.get('content-length') ?? 0)
  const tokens = Number.isSafeInteger(bytes) && bytes > 0 ? Math.ceil(bytes / BYTES_PER_TOKEN) : 0
  const limits = { requestsPerMinute, tokensPerMinute, concurrentRequests }
  await bill.limit([{ name: `key:${keyId}`, limits }], tokens)
}

/**
 * The targets that the key may reach with this model.
 *
 * @throws ProxyError `forbidden` for the model, or if no provider is left
 */
export function permittedTargets(
  { principal }: Exchange,
  model: string,
  targets: readonly Target[],
): readonly Target[] {
  const { scopes } = principal
  const forbidden = forbids(scopes, { model: stripSuffix(model) })
  if (forbidden !== null) throw forbidden
  if (scopes.providers.length === 0) return targets
  const permitted = targets.filter(({ provider }) => forbids(scopes, { provider: provider.id }) === null)
  if (permitted.length > 0) return permitted
  throw new ProxyError('forbidden', 'this key may not use any provider of this model')
}
