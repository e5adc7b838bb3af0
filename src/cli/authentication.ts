import { openKeyRing } from '../auth/key-ring.ts'
import { ANONYMOUS } from '../auth/principal.ts'
import { Secret } from '../core/secret.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'
import { sha256 } from '../store/sha256.ts'

/** Admits holders of the keys of `LYNKR_API_KEYS`; without any, everybody whom the local guard let through. */
export function staticKeyAuthentication(apiKeys: readonly string[]): PipelineDeps['authenticate'] {
  if (apiKeys.length === 0) return async () => ANONYMOUS
  const ring = openKeyRing({
    staticKeys: apiKeys.map((key) => new Secret(key)),
    store: { findKeyByHash: async () => null },
    sha256,
  })
  return (headers, wallMs) => ring.authenticate(ring.read(headers), wallMs)
}
