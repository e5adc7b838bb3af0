import type { Secret } from '../core/secret.ts'
import { shortHash } from '../core/short-hash.ts'
import type { Provider } from '../core/target.ts'

/**
 * Names of a provider's credentials, by which their limits are remembered, and which nobody is shown. Of the same key the
 * same name, wherever another configuration has it, so that no key rests for one that stood in its place before. A
 * provider without a key has one all the same.
 */
export function credentialsOf(provider: Provider): readonly string[] {
  const known = named.get(provider)
  if (known !== undefined) return known
  const { id, keys } = provider
  const names = keys.length === 0 ? [`${id}#`] : keys.map((key) => `${id}#${shortHash(key.reveal())}`)
  named.set(provider, names)
  return names
}

const named = new WeakMap<Provider, readonly string[]>()

/** The key behind one of `credentialsOf`; `null` if the provider takes none. */
export function keyOf(provider: Provider, credential: string): Secret | null {
  return provider.keys[credentialsOf(provider).indexOf(credential)] ?? null
}

/**
 * Where the rotation of keys starts: the same for all requests of a session, whose prompt cache lies with one
 * credential; by chance for a request without one.
 *
 * @returns a whole number below 2³²
 * @see Fowler, Noll, Vo: FNV-1a, 32 bit
 */
export function rotationStart(session: string | null, random: () => number): number {
  if (session === null) return Math.floor(random() * 2 ** 32)
  let hash = 0x811c9dc5
  for (let i = 0; i < session.length; i++) hash = Math.imul(hash ^ session.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
