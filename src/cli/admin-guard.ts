import { requireAdmin } from '../auth/admin-key.ts'
import { readCredentials } from '../auth/credentials.ts'
import { equalsConstantTime, hasKeyShape } from '../auth/key-format.ts'
import { ProxyError } from '../core/errors.ts'
import { sha256 } from '../store/sha256.ts'

/** Who holds the admin key. */
export interface AdminGuard {
  /** Throws `unauthenticated` unless the request carries the admin key. */
  requireAdmin(request: Request): void
  isAdminKey(text: string): boolean
}

/** @param secret `null` where there is no admin key: nobody is an admin then */
export function adminGuard(secret: string | null): AdminGuard {
  const isAdminKey = (text: string): boolean => secret !== null && equalsConstantTime(sha256(text), sha256(secret))
  return {
    requireAdmin({ headers }) {
      if (secret === null) throw new ProxyError('unauthenticated', 'there is no admin key; the log says why')
      // One that the operator chose may look like anything.
      requireAdmin(
        readCredentials(headers, (text) => hasKeyShape(text) || isAdminKey(text)),
        secret,
        sha256,
      )
    },
    isAdminKey,
  }
}
