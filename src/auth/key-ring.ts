import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { KeyRecord, KeyStore } from '../core/store.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { equalsConstantTime, hasKeyShape, type Sha256 } from './key-format.ts'
import { OPEN_ACCESS, OPEN_SCOPES, type Principal, principalOf } from './principal.ts'

/** How long the store's word on a key holds: within it a revocation on another instance takes effect. */
const FRESH_MS = 5_000

/** How long a key that was found is still accepted while the store is down. */
const FRESH_WHILE_DOWN_MS = 3_600_000

/** Keys of which the store's word is remembered, found or not; some 20 MB. */
const REMEMBERED_MAX = 20_000

/** A key of the file's section `keys`. */
export interface ConfiguredKey extends Pick<KeyRecord, 'id' | 'hash' | 'user' | 'team' | 'scopes' | 'expiresWallMs'> {}

/** Keys that no store is asked for. */
export interface RingKeys {
  readonly configured: readonly ConfiguredKey[]
  /** `LYNKR_API_KEYS`: full access, no row in the store. */
  readonly staticKeys: readonly Secret[]
}

export interface KeyRingOptions extends RingKeys {
  /** `LYNKR_ADMIN_KEY`, of any form. It opens nothing here, but must not go to a provider as a client's own credential. */
  readonly adminKey?: Secret | undefined
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
   * At once where it is listed or remembered, as for nearly every request; a promise where the store has to be asked.
   *
   * @throws ProxyError `unauthenticated`; `overloaded` if the store is down and the key was never seen
   */
  authenticate(credentials: Credentials, wallMs: number): Principal | Promise<Principal>
  /** Replaces the listed keys. What is remembered of stored keys stays, as the store may be down. */
  replace(keys: RingKeys): void
  /** Forgets what is remembered of stored keys, after a change of them here. */
  refresh(): void
}

/** A stored key and who holds it, made once per look into the store. */
interface Found {
  readonly key: Pick<KeyRecord, 'hash' | 'expiresWallMs' | 'revokedWallMs'>
  readonly principal: Principal
}

/** What the store said, and when; and when it was asked last, which is later where it did not answer. */
interface Remembered {
  readonly found: Found | null
  readonly atWallMs: number
  readonly askedWallMs: number
}

export function openKeyRing(options: KeyRingOptions): KeyRing {
  const { sha256, store } = options
  let { statics, configured } = listedIn(options, sha256)
  const adminHash = options.adminKey === undefined ? null : sha256(options.adminKey.reveal())
  const remembered = new Map<string, Remembered>()

  /** Every static key is compared, whichever matches, so that time does not tell which. */
  function findStatic(hash: string): Principal | null {
    let found: Principal | null = null
    for (const one of statics) if (equalsConstantTime(one.hash, hash)) found = one.principal
    return found
  }

  function isOurs(secret: string): boolean {
    if (hasKeyShape(secret)) return true
    const hash = sha256(secret)
    return configured.has(hash) || findStatic(hash) !== null || hash === adminHash
  }

  async function findStored(hash: string, wallMs: number): Promise<Found | null> {
    const known = remembered.get(hash)
    if (known !== undefined && isFresh(known, wallMs)) return known.found
    const believed = known?.found && Math.abs(wallMs - known.atWallMs) < FRESH_WHILE_DOWN_MS ? known : null
    // While the store hangs, one request waits for it every so often, and the others go on with what is known.
    const didAnswer = believed?.askedWallMs === believed?.atWallMs
    if (believed !== null && !didAnswer) remembered.set(hash, { ...believed, askedWallMs: wallMs })
    try {
      const key = await store.findKeyByHash(hash)
      const found = key === null ? null : { key, principal: principalOf(key) }
      remember(hash, found, wallMs)
      return found
    } catch (cause) {
      if (believed === null) throw new ProxyError('overloaded', 'keys cannot be checked at the moment', { cause })
      const isLatest = remembered.get(hash)?.found === believed.found
      if (isLatest) remembered.set(hash, { ...believed, askedWallMs: wallMs })
      return believed.found
    }
  }

  function remember(hash: string, found: Found | null, wallMs: number): void {
    remembered.delete(hash)
    const oldest = remembered.size < REMEMBERED_MAX ? undefined : remembered.keys().next().value
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.set(hash, { found, atWallMs: wallMs, askedWallMs: wallMs })
  }

  /** The owner, if that is known without a look into the store. */
  function recall(hash: string, wallMs: number): Principal | null {
    const known = remembered.get(hash)
    const stored = known !== undefined && isFresh(known, wallMs) ? known.found : null
    return findStatic(hash) ?? ownerOf(configured.get(hash) ?? stored, hash, wallMs)
  }

  async function look({ ours }: Credentials, wallMs: number): Promise<Principal> {
    for (const secret of ours) {
      const hash = sha256(secret.reveal())
      const found = findStatic(hash) ?? ownerOf(configured.get(hash) ?? (await findStored(hash, wallMs)), hash, wallMs)
      if (found !== null) return found
    }
    throw new ProxyError('unauthenticated', 'a valid lynkr key is needed, in x-api-key or as a bearer token')
  }

  return {
    read: (headers) => readCredentials(headers, isOurs),
    authenticate(credentials, wallMs) {
      const [first] = credentials.ours
      const known = first === undefined ? null : recall(sha256(first.reveal()), wallMs)
      return known ?? look(credentials, wallMs)
    },
    replace(keys) {
      ;({ statics, configured } = listedIn(keys, sha256))
    },
    refresh: () => remembered.clear(),
  }
}

interface Listed {
  readonly statics: readonly { readonly hash: string; readonly principal: Principal }[]
  readonly configured: ReadonlyMap<string, Found>
}

function listedIn({ staticKeys, configured }: RingKeys, sha256: Sha256): Listed {
  return {
    statics: staticKeys.map((secret, i) => ({
      hash: sha256(secret.reveal()),
      principal: staticPrincipal(staticKeyId(i)),
    })),
    configured: new Map(
      configured.map((key) => [key.hash, { key: { ...key, revokedWallMs: null }, principal: principalOf(key) }]),
    ),
  }
}

/** Name of a key of `LYNKR_API_KEYS` by its place in the list, from 0. */
export function staticKeyId(place: number): string {
  return `static_${place + 1}`
}

/** Whoever holds the key of `LYNKR_API_KEYS` with this id: nothing limits them. */
export function staticPrincipal(keyId: string): Principal {
  return { kind: 'static', keyId, user: null, team: null, scopes: OPEN_SCOPES, access: OPEN_ACCESS }
}

/** Who holds the key that was found under this hash, if it is valid now. */
function ownerOf(found: Found | null, hash: string, wallMs: number): Principal | null {
  const isTheirs = found !== null && equalsConstantTime(found.key.hash, hash) && isValid(found.key, wallMs)
  return isTheirs ? found.principal : null
}

/** What was remembered a moment ago is as good as a look into the store. */
function isFresh(known: Remembered, wallMs: number): boolean {
  return Math.abs(wallMs - known.askedWallMs) < FRESH_MS
}

export function isValid(key: Pick<KeyRecord, 'expiresWallMs' | 'revokedWallMs'>, wallMs: number): boolean {
  return key.revokedWallMs === null && (key.expiresWallMs === null || wallMs < key.expiresWallMs)
}
