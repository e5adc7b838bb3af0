import { ProxyError } from '../core/errors.ts'
import type { SurfaceLabel } from '../core/record.ts'
import type { KeyRecord, KeyScopes } from '../core/store.ts'

/** Who a request comes from, as far as lynkr knows. */
export interface Principal {
  readonly kind: 'stored' | 'static' | 'anonymous'
  readonly keyId: string | null
  readonly user: string | null
  readonly team: string | null
  readonly scopes: KeyScopes
}

/** Everything is allowed and nothing limited. */
export const OPEN_SCOPES: KeyScopes = Object.freeze({
  models: [],
  providers: [],
  surfaces: [],
  commands: [],
  priority: 'main',
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrentRequests: null,
})

/** A local client of an instance without keys. */
export const ANONYMOUS: Principal = Object.freeze({
  kind: 'anonymous',
  keyId: null,
  user: null,
  team: null,
  scopes: OPEN_SCOPES,
})

export function principalOf(key: KeyRecord): Principal {
  return { kind: 'stored', keyId: key.id, user: key.user, team: key.team, scopes: key.scopes }
}

/** What a request is about to use; absent members are not known yet, and are checked when they are. */
export interface Use {
  readonly surface?: SurfaceLabel
  readonly model?: string
  readonly provider?: string
  readonly command?: string
}

/** @returns why the key may not do this, or `null`. Models and commands may be patterns that end in `*`. */
export function forbids(scopes: KeyScopes, use: Use): ProxyError | null {
  const checks = [
    ['surface', scopes.surfaces, use.surface],
    ['model', scopes.models, use.model],
    ['provider', scopes.providers, use.provider],
    ['command', scopes.commands, use.command],
  ] as const
  for (const [what, allowed, asked] of checks) {
    if (asked === undefined || allowed.length === 0 || allowed.some((pattern) => matches(pattern, asked))) continue
    return new ProxyError('forbidden', `this key may not use the ${what} ${asked.slice(0, 120)}`)
  }
  return null
}

function matches(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text
}
