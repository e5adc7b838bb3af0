import { openKeyRing } from '../../src/auth/key-ring.ts'
import { ANONYMOUS } from '../../src/auth/principal.ts'
import { Secret } from '../../src/core/secret.ts'
import type { PipelineDeps } from '../../src/pipeline/ports.ts'
import { sha256 } from '../../src/store/sha256.ts'

/** Admits holders of these keys alone, without a store; where there are none, everybody. */
export function staticKeyAuthentication(
  apiKeys: readonly string[],
): Pick<PipelineDeps, 'authenticate' | 'ownCredential'> {
  const staticKeys = apiKeys.map((key) => new Secret(key))
  const ring = openKeyRing({ staticKeys, configured: [], store: { findKeyByHash: async () => null }, sha256 })
  return {
    authenticate: (headers, wallMs) =>
      apiKeys.length === 0 ? ANONYMOUS : ring.authenticate(ring.read(headers), wallMs),
    ownCredential: (headers) => ring.read(headers).own,
  }
}
