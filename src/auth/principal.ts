import type { KeyRecord, KeyScopes } from '../core/store.ts'
import { compileKeyAccess, type KeyAccess } from './key-access.ts'

/** Who a request comes from, as far as lynkr knows. */
export interface Principal {
  readonly kind: 'stored' | 'static' | 'anonymous'
  readonly keyId: string | null
  readonly user: string | null
  readonly team: string | null
  readonly scopes: KeyScopes
  /** The lists of `scopes`, compiled. */
  readonly access: KeyAccess
}

/** Everything is allowed and nothing limited. */
export const OPEN_SCOPES: KeyScopes = Object.freeze({
  models: [],
  denyModels: [],
  providers: [],
  surfaces: [],
  paths: [],
  denyPaths: [],
  tools: [],
  denyTools: [],
  commands: [],
  priority: 'main',
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrentRequests: null,
})

/** The access of `OPEN_SCOPES`. */
export const OPEN_ACCESS: KeyAccess = compileKeyAccess(OPEN_SCOPES)

/** A local client of an instance without keys. */
export const ANONYMOUS: Principal = Object.freeze({
  kind: 'anonymous',
  keyId: null,
  user: null,
  team: null,
  scopes: OPEN_SCOPES,
  access: OPEN_ACCESS,
})

/** Whoever holds this key. Compiles its lists: cost linear in them. */
export function principalOf({ id, user, team, scopes }: Pick<KeyRecord, 'id' | 'user' | 'team' | 'scopes'>): Principal {
  return { kind: 'stored', keyId: id, user, team, scopes, access: compileKeyAccess(scopes) }
}
