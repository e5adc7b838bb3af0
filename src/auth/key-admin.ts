import { z } from 'zod'
import { patternProblem } from '../core/access-list.ts'
import { ProxyError } from '../core/errors.ts'
import { SURFACE_LABELS } from '../core/record.ts'
import type { KeyRecord, KeyStore } from '../core/store.ts'
import { KEY_BYTES, keySecret, type Sha256, shownPrefix } from './key-format.ts'

const name = z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters')
const PRIORITIES = ['main', 'subagent', 'background', 'batch'] as const
const oneOf = (values: readonly string[]): string => `must be one of ${values.join(', ')}`
const names = z.array(name).max(1_000).default([])
const pattern = name.superRefine((text, context) => {
  const problem = patternProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: `the pattern ${problem}` })
})
const patterns = z.array(pattern).max(1_000).default([])
const paths = z.array(pattern.startsWith('/', 'a path starts with /')).max(1_000).default([])
const limit = z.int().nonnegative().max(1e12).nullable().default(null)

/**
 * What a new key may be given; the section `keys:` and the body of `POST /admin/keys`. Lists hold patterns as
 * `core/access-list.ts` explains them; what is denied wins over what is allowed.
 */
export const newKeySchema = z.strictObject({
  name: name.describe('What people call the key; need not be unique.'),
  user: name.nullable().default(null).describe('User whose budgets and limits it counts towards.'),
  team: name.nullable().default(null).describe('Team whose budgets it counts towards.'),
  models: patterns.describe('Models it may ask for. Empty: all.'),
  denyModels: patterns.describe('Models it may neither ask for nor be led to by an alias or a route.'),
  providers: names.describe('Provider rows it may reach. Empty: all.'),
  surfaces: z
    .array(z.enum(SURFACE_LABELS, oneOf(SURFACE_LABELS)))
    .default([])
    .describe('Kinds of requests it may make. Empty: all.'),
  paths: paths.describe('HTTP paths it may use, such as /v1/messages or /v1/commands/**. Empty: all.'),
  denyPaths: paths.describe('HTTP paths it may not use.'),
  tools: patterns.describe('Tools its requests may offer to a model, such as Read or mcp__github__*. Empty: all.'),
  denyTools: patterns.describe('Tools its requests may not offer to a model.'),
  commands: patterns.describe('Commands it may run. Empty: all.'),
  priority: z
    .enum(PRIORITIES, oneOf(PRIORITIES))
    .default('main')
    .describe('Highest class its requests may claim when load is shed.'),
  requestsPerMinute: limit.describe('Requests per minute; null: no limit.'),
  tokensPerMinute: limit.describe('Tokens per minute, prompt and output; null: no limit.'),
  concurrentRequests: limit.describe('Requests at the same time; null: no limit.'),
  expiresWallMs: z.int().positive().nullable().default(null).describe('Unix time in ms from which it is refused.'),
})

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
  /** A new secret for the same id, user, team and limits; the old one stops working. @throws ProxyError `not_found` */
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
    if (key === undefined) throw new ProxyError('not_found', `there is no key ${id.slice(0, 120)}`)
    return key
  }

  return {
    async create(input) {
      const { name, user, team, expiresWallMs, ...scopes } = parse(input)
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
      const record = { ...(await show(id)), hash, prefix }
      await store.updateKey(record)
      return { secret, record }
    },
    async revoke(id) {
      const key = await show(id)
      const record = { ...key, revokedWallMs: key.revokedWallMs ?? wallMs() }
      await store.updateKey(record)
      return record
    },
  }
}

function parse(input: unknown): z.infer<typeof newKeySchema> {
  const parsed = newKeySchema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
  throw new ProxyError('invalid_request', problems.join('; '), {
    detail: { path: parsed.error.issues[0]?.path.join('.') ?? '' },
  })
}
