import { ProxyError } from '../core/errors.ts'
import { ECHO_CHARS_MAX } from '../core/limits.ts'
import type { KeyRecord, KeyStore } from '../core/store.ts'
import { KEY_BYTES, keySecret, type Sha256, shownPrefix } from './key-format.ts'
import { isValid } from './key-ring.ts'
import type { NewKeyInput } from './key-schema.ts'

/** A secret is in nobody's hands but the caller's: it is shown once and stored as its hash. */
export interface NewKey {
  readonly secret: string
  readonly record: KeyRecord
}

export interface KeyAdmin {
  /** @throws ProxyError `invalid_request` naming every wrong field */
  create(input: unknown): Promise<NewKey>
  list(): Promise<readonly KeyRecord[]>
  /** @throws ProxyError `not_found` */
  show(id: string): Promise<KeyRecord>
  /**
   * A new secret for the same id, user, team and limits; the old one stops working.
   *
   * @throws ProxyError `not_found`; `invalid_request` for a key that has ended, which no secret opens
   */
  rotate(id: string): Promise<NewKey>
  /** @throws ProxyError `not_found` */
  revoke(id: string): Promise<KeyRecord>
}

export interface KeyAdminOptions {
  readonly store: KeyStore
  /** What is wrong with the name of a provider that a key may reach; `null` if nothing. */
  readonly providerProblem: (name: string) => string | null
  readonly sha256: Sha256
  readonly secureBytes: (length: number) => Uint8Array
  readonly wallMs: () => number
}

export function openKeyAdmin({ store, providerProblem, sha256, secureBytes, wallMs }: KeyAdminOptions): KeyAdmin {
  const newSecret = () => {
    const secret = keySecret(secureBytes(KEY_BYTES))
    return { secret, hash: sha256(secret), prefix: shownPrefix(secret) }
  }

  async function show(id: string): Promise<KeyRecord> {
    const key = (await store.listKeys()).find((one) => one.id === id)
    return key ?? refuseUnknown(id)
  }

  async function change(id: string, toChanged: (key: KeyRecord) => KeyRecord): Promise<KeyRecord> {
    return (await store.changeKey(id, toChanged)) ?? refuseUnknown(id)
  }

  return {
    async create(input) {
      const { name, user, team, expiresWallMs, ...scopes } = await parse(input)
      if (expiresWallMs !== null && expiresWallMs <= wallMs())
        throw new ProxyError('invalid_request', 'expires: lies in the past', { detail: { path: 'expiresWallMs' } })
      for (const name of scopes.providers) {
        const problem = providerProblem(name)
        if (problem !== null) {
          throw new ProxyError('invalid_request', `providers: ${problem}`, { detail: { path: 'providers' } })
        }
      }
      const { secret, hash, prefix } = newSecret()
      const id = `key_${secureBytes(8).toHex()}`
      const times = { createdWallMs: wallMs(), expiresWallMs, revokedWallMs: null }
      const record: KeyRecord = { id, name, hash, prefix, user, team, scopes, ...times }
      await store.insertKey(record)
      return { secret, record }
    },
    list: () => store.listKeys(),
    show,
    async rotate(id) {
      const { secret, hash, prefix } = newSecret()
      const nowWallMs = wallMs()
      const record = await change(id, (key) => (isValid(key, nowWallMs) ? { ...key, hash, prefix } : key))
      if (record.hash !== hash) throw new ProxyError('invalid_request', 'the key has ended; make a new one')
      return { secret, record }
    },
    revoke: (id) => change(id, (key) => ({ ...key, revokedWallMs: key.revokedWallMs ?? wallMs() })),
  }
}

/** @throws ProxyError `not_found`, always */
function refuseUnknown(id: string): never {
  throw new ProxyError('not_found', `there is no key ${id.slice(0, ECHO_CHARS_MAX)}`)
}

/** The schema is loaded where a key is made: to build it is a tenth of a start. */
async function parse(input: unknown): Promise<NewKeyInput> {
  const { newKeySchema } = await import('./key-schema.ts')
  const parsed = newKeySchema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
  throw new ProxyError('invalid_request', problems.join('; '), {
    detail: { path: parsed.error.issues[0]?.path.join('.') ?? '' },
  })
}
