import { type ConfiguredKey, openKeyRing, type RingKeys, staticKeyId, staticPrincipal } from '../auth/key-ring.ts'
import { ANONYMOUS, type Principal, principalOf } from '../auth/principal.ts'
import { Secret } from '../core/secret.ts'
import type { KeyStore } from '../core/store.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'
import { sha256 } from '../store/sha256.ts'

/** Keys that the configuration lists, and whether one is needed at all. */
export interface ListedKeys {
  /** `LYNKR_API_KEYS`. */
  readonly apiKeys: readonly string[]
  /** The file's `keys`. */
  readonly configured: readonly ConfiguredKey[]
  /** `LYNKR_REQUIRE_KEYS`. */
  readonly isRequired: boolean
}

export interface AuthenticationOptions extends ListedKeys {
  readonly store: Pick<KeyStore, 'findKeyByHash' | 'listKeys'>
  /** `LYNKR_ADMIN_KEY`. */
  readonly adminKey?: string | undefined
}

export interface Authentication {
  readonly authenticate: PipelineDeps['authenticate']
  readonly ownCredential: PipelineDeps['ownCredential']
  /** Whoever holds the listed key of this id; `null` if none has it. */
  listed(id: string): Principal | null
  /** Whether requests need no key: none is listed, none was ever made, and none is required. */
  isOpen(): boolean
  /**
   * Replaces the listed keys. From this moment a key may be needed where none was; that none is needed any more is
   * decided only after the store was asked. What is remembered of stored keys stays. Rejects as the store does.
   */
  replace(keys: ListedKeys): Promise<void>
  /** After a change of stored keys: forgets what is remembered, and looks whether there are any. Rejects as the store does. */
  refresh(): Promise<void>
}

/**
 * Admits the holders of keys, listed or stored. As long as there are none everybody may come in whom the local guard
 * lets through; from the first stored key on, a key is needed.
 */
export async function openAuthentication({
  store,
  adminKey: admin,
  ...listed
}: AuthenticationOptions): Promise<Authentication> {
  const adminKey = admin === undefined ? undefined : new Secret(admin)
  const ring = openKeyRing({ ...ringKeys(listed), adminKey, store, sha256 })
  let keys: ListedKeys = listed
  let mayBeOpen = listsNone(listed)
  let isOpen = mayBeOpen
  let looks = 0
  const look = async (): Promise<void> => {
    const mine = ++looks
    const hasNone = mayBeOpen && (await store.listKeys()).length === 0
    // Only the latest look counts: an earlier one may have found no keys because there were none yet.
    if (mine === looks) isOpen = hasNone && mayBeOpen
  }
  await look()
  return {
    authenticate: (headers, wallMs) => (isOpen ? ANONYMOUS : ring.authenticate(ring.read(headers), wallMs)),
    ownCredential: (headers) => ring.read(headers).own,
    listed: (id) => listedPrincipal(keys, id),
    isOpen: () => isOpen,
    replace(next) {
      keys = next
      ring.replace(ringKeys(next))
      mayBeOpen = listsNone(next)
      if (!mayBeOpen) isOpen = false
      return look()
    },
    refresh() {
      ring.refresh()
      return look()
    },
  }
}

function ringKeys({ apiKeys, configured }: ListedKeys): RingKeys {
  return { staticKeys: apiKeys.map((key) => new Secret(key)), configured }
}

/** Whoever holds the listed key of this id; `null` if none has it. */
export function listedPrincipal(
  { apiKeys, configured }: Pick<ListedKeys, 'apiKeys' | 'configured'>,
  id: string,
): Principal | null {
  const key = configured.find((one) => one.id === id)
  if (key !== undefined) return principalOf(key)
  return apiKeys.some((_, place) => staticKeyId(place) === id) ? staticPrincipal(id) : null
}

function listsNone({ apiKeys, configured, isRequired }: ListedKeys): boolean {
  return apiKeys.length === 0 && configured.length === 0 && !isRequired
}
