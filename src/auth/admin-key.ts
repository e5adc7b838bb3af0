import { ProxyError } from '../core/errors.ts'
import type { Credentials } from './credentials.ts'
import { equalsConstantTime, hasKeyShape, type Sha256 } from './key-format.ts'

/** File in the data folder that holds the admin key; made at the first start, mode 0600. */
export const ADMIN_KEY_FILE = 'admin.key'
export const ADMIN_KEY_MODE = 0o600

/** @returns the key, or what is wrong with the file */
export function readAdminKeyFile(text: string, mode: number): { readonly secret: string } | { readonly wrong: string } {
  if ((mode & 0o077) !== 0) return { wrong: `${ADMIN_KEY_FILE} can be read by others; set its mode to 0600` }
  const secret = text.trim()
  return hasKeyShape(secret)
    ? { secret }
    : { wrong: `${ADMIN_KEY_FILE} holds no lynkr key; delete it to get a new one` }
}

/** Lets the admin key pass and nothing else. @throws ProxyError `unauthenticated` */
export function requireAdmin(credentials: Credentials, adminSecret: string, sha256: Sha256): void {
  const expected = sha256(adminSecret)
  const isAdmin = credentials.ours.some((secret) => equalsConstantTime(sha256(secret.reveal()), expected))
  if (!isAdmin) throw new ProxyError('unauthenticated', 'the admin key is needed, in x-api-key or as a bearer token')
}
