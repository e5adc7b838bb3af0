import { type ConfiguredKey, type KeyRing, openKeyRing } from '../auth/key-ring.ts'
import { ANONYMOUS } from '../auth/principal.ts'
import { Secret } from '../core/secret.ts'
import type { KeyStore } from '../core/store.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'
import { sha256 } from '../store/sha256.ts'

export interface AuthenticationOptions {
  /** `LYNKR_API_KEYS`. */
  readonly apiKeys: readonly string[]
  /** The file's `keys`. */
  readonly configured: readonly ConfiguredKey[]
  /** `LYNKR_REQUIRE_KEYS`. */
  readonly isRequired: boolean
  readonly store: Pick<KeyStore, 'findKeyByHash' | 'listKeys'>
}

export interface Authentication {
  readonly authenticate: PipelineDeps['authenticate']
  readonly ownCredential: PipelineDeps['ownCredential']
  /** Nobody needs a key: none is listed, none was ever made, and none is required. */
  isOpen(): boolean
  /** After a change of keys: forgets what is remembered, and sees whether there are keys now. Rejects as the store does. */
  refresh(): Promise<void>
}

/**
 * Admits the holders of keys, listed or stored. As long as there are none everybody may come in whom the local guard
 * lets through; from the first stored key on, a key is needed.
 */
export async function openAuthentication({
  apiKeys,
  configured,
  isRequired,
  store,
}: AuthenticationOptions): Promise<Authentication> {
  const ring = openKeyRing({ staticKeys: apiKeys.map((key) => new Secret(key)), configured, store, sha256 })
  let isOpen = apiKeys.length === 0 && configured.length === 0 && !isRequired
  const look = async (): Promise<void> => {
    if (isOpen) isOpen = (await store.listKeys()).length === 0
  }
  await look()
  return {
    authenticate: async (headers, wallMs) => (isOpen ? ANONYMOUS : identify(ring, headers, wallMs)),
    ownCredential: (headers) => ring.read(headers).own,
    isOpen: () => isOpen,
    async refresh() {
      ring.refresh()
      await look()
    },
  }
}

/** Admits holders of the keys of `LYNKR_API_KEYS` alone; without any, everybody. */
export function staticKeyAuthentication(
  apiKeys: readonly string[],
): Pick<PipelineDeps, 'authenticate' | 'ownCredential'> {
  const staticKeys = apiKeys.map((key) => new Secret(key))
  const ring = openKeyRing({ staticKeys, configured: [], store: { findKeyByHash: async () => null }, sha256 })
  return {
    authenticate: async (headers, wallMs) => (apiKeys.length === 0 ? ANONYMOUS : identify(ring, headers, wallMs)),
    ownCredential: (headers) => ring.read(headers).own,
  }
}

function identify(ring: KeyRing, headers: Headers, wallMs: number) {
  return ring.authenticate(ring.read(headers), wallMs)
}
