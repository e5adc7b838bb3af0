import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { KeyRecord, KeyStore } from '../core/store.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { equalsConstantTime, hasKeyShape, type Sha256 } from './key-format.ts'
import { OPEN_ACCESS, OPEN_SCOPES, type Principal, principalOf } from './principal.ts'

/** A looked-up key is believed this long: a revocation on another instance takes effect within it. */
const BELIEVED_MS = 5_000

/** A key that was found before is believed this long while the store is down. */
const BELIEVED_DOWN_MS = 3_600_000

/** Keys remembered, found or not; some 10 MB. */
const REMEMBERED_MAX = 20_000

/** A key of the file's section `keys`. */
export interface ConfiguredKey extends Pick<KeyRecord, 'id' | 'hash' | 'user' | 'team' | 'scopes' | 'expiresWallMs'> {}

export interface KeyRingOptions {
  readonly configured: readonly ConfiguredKey[]
  /** `LYNKR_API_KEYS`: full access, no row in the store. */
  readonly staticKeys: readonly Secret[]
  readonly store: Pick<KeyStore, 'findKeyByHash'>
  readonly sha256: Sha256
}

export interface KeyRing {
  /** Splits what a request presents into ours and the client's own. */
  read(headers: Headers): Credentials
  /**
   * The owner of the first of our keys that is valid now. One answer, and the same work, for an unknown, a revoked
   * and an expired key.
   *
   * @throws ProxyError `unauthenticated`; `overloaded` if the store is down and the key was never seen
   */
  authenticate(credentials: Credentials, wallMs: number): Promise<Principal>
  /** Forgets what is remembered, after a change of keys here. */
  refresh(): void
}

/** A stored key and who holds it, made once per look into the store. */
interface Found {
  readonly key: Pick<KeyRecord, 'hash' | 'expiresWallMs' | 'revokedWallMs'>
  readonly principal: Principal
}

export function openKeyRing(options: KeyRingOptions): KeyRing {
  const { sha256, store } = options
  const statics = options.staticKeys.map((secret, i) => ({ id: staticKeyId(i), hash: sha256(secret.reveal()) }))
  const configured = new Map<string, Found>(
    options.configured.map((key) => [key.hash, { key: { ...key, revokedWallMs: null }, principal: principalOf(key) }]),
  )
  const remembered = new Map<string, { readonly found: Found | null; readonly atWallMs: number }>()

  /** Every static key is compared, whichever matches, so that time does not tell which. */
  function findStatic(hash: string): Principal | null {
    let found: string | null = null
    for (const one of statics) if (equalsConstantTime(one.hash, hash)) found = one.id
    return found === null
      ? null
      : { kind: 'static', keyId: found, user: null, team: null, scopes: OPEN_SCOPES, access: OPEN_ACCESS }
  }

  function isOurs(secret: string): boolean {
    if (hasKeyShape(secret)) return true
    const hash = sha256(secret)
    return configured.has(hash) || findStatic(hash) !== null
  }

  async function findStored(hash: string, wallMs: number): Promise<Found | null> {
    const known = remembered.get(hash)
    const ageMs = known === undefined ? 0 : Math.abs(wallMs - known.atWallMs)
    if (known !== undefined && ageMs < BELIEVED_MS) return known.found
    try {
      const key = await store.findKeyByHash(hash)
      const found = key === null ? null : { key, principal: principalOf(key) }
      remember(hash, found, wallMs)
      return found
    } catch (cause) {
      if (known?.found && ageMs < BELIEVED_DOWN_MS) return known.found
      throw new ProxyError('overloaded', 'keys cannot be checked at the moment', { cause })
    }
  }

  function remember(hash: string, found: Found | null, wallMs: number): void {
    remembered.delete(hash)
    const oldest = remembered.size < REMEMBERED_MAX ? undefined : remembered.keys().next().value
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.set(hash, { found, atWallMs: wallMs })
  }

  return {
    read: (headers) => readCredentials(headers, isOurs),
    async authenticate(credentials, wallMs) {
      for (const secret of credentials.ours) {
        const hash = sha256(secret.reveal())
        const principal = findStatic(hash)
        if (principal !== null) return principal
        const found = configured.get(hash) ?? (await findStored(hash, wallMs))
        if (found !== null && equalsConstantTime(found.key.hash, hash) && isValid(found.key, wallMs)) {
          return found.principal
        }
      }
      throw new ProxyError('unauthenticated', 'a valid lynkr key is needed, in x-api-key or as a bearer token')
    },
    refresh: () => remembered.clear(),
  }
}

/** Name of a key of `LYNKR_API_KEYS` by its place in the list, from 0. */
export function staticKeyId(place: number): string {
  return `static_${place + 1}`
}

export function isValid(key: Pick<KeyRecord, 'expiresWallMs' | 'revokedWallMs'>, wallMs: number): boolean {
  return key.revokedWallMs === null && (key.expiresWallMs === null || wallMs < key.expiresWallMs)
}
