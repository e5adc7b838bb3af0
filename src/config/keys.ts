import type { KeyEntry } from '../auth/key-config.ts'
import { LISTED_KEY_CHARS_MIN } from '../auth/key-format.ts'
import type { ConfiguredKey } from '../auth/key-ring.ts'
import { tryMoment } from '../core/moment.ts'
import type { Provider } from '../core/target.ts'
import { nearNames } from '../routing/near-names.ts'
import { createRouter, type Routes } from '../routing/router.ts'
import type { Environment } from './environment.ts'
import type { ConfigFile } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'

export interface KeyContext {
  readonly file: ConfigFile
  readonly environment: Environment
  readonly providers: readonly Provider[]
  readonly routes: Pick<Routes, 'aliases' | 'routes'>
  readonly defaultProvider: Provider | null
  readonly commands: ReadonlyMap<string, unknown>
  /** `LYNKR_API_KEYS`. */
  readonly apiKeys: readonly string[]
  readonly issues: ConfigIssue[]
}

/**
 * The file's `keys`, secrets as their hashes. Keys that are the same one, and scopes that can never be used, are
 * issues that name both sides.
 */
export function configuredKeys(context: KeyContext): readonly ConfiguredKey[] {
  const entries = context.file.config.keys ?? []
  const names = new Map(context.apiKeys.map((key, i) => [Bun.SHA256.hash(key, 'hex'), `LYNKR_API_KEYS, key ${i + 1}`]))
  return entries.flatMap((entry, i) => {
    const complain = (field: string, message: string): void => {
      context.issues.push({ place: context.file.place(['keys', i, field]), message })
    }
    checkScopes(entry, context, complain)
    const hash = readHash(entry, context, complain)
    if (hash === null) return []
    const before = names.get(hash)
    if (before !== undefined)
      complain('id', `keys[${i}] (${entry.id}) and ${before} are the same key; keep one of them`)
    names.set(hash, `keys[${i}] (${entry.id})`)
    return [toKey(entry, hash)]
  })
}

function toKey({ id, sha256: _s, env: _e, user, team, expires, ...scopes }: KeyEntry, hash: string): ConfiguredKey {
  return { id, hash, user, team, scopes, expiresWallMs: expires === undefined ? null : tryMoment(expires) }
}

type Complain = (field: string, message: string) => void

function readHash({ sha256: hash, env }: KeyEntry, { environment }: KeyContext, complain: Complain): string | null {
  if (hash !== undefined) return hash
  // A name that the file gives may be one that every object has.
  const secret = Object.hasOwn(environment, env ?? '') ? environment[env ?? '']?.trim() : undefined
  if (secret === undefined || secret === '') complain('env', `the environment variable ${env} is not set`)
  else if (secret.length < LISTED_KEY_CHARS_MIN) {
    complain('env', `the key in ${env} needs at least ${LISTED_KEY_CHARS_MIN} characters`)
  } else return Bun.SHA256.hash(secret, 'hex')
  return null
}

function checkScopes(entry: KeyEntry, context: KeyContext, complain: Complain): void {
  const ids = context.providers.map(({ id }) => id)
  for (const id of entry.providers) if (!ids.includes(id)) complain('providers', unknownName('provider', id, ids))
  const commands = [...context.commands.keys()]
  for (const name of entry.commands) {
    if (!name.endsWith('*') && !commands.includes(name)) complain('commands', unknownName('command', name, commands))
  }
  for (const model of entry.models) {
    const elsewhere = model.endsWith('*') ? null : goesElsewhere(entry, model, context)
    if (elsewhere !== null) {
      complain('models', `the key may use the model ${model}, which goes to ${elsewhere}, but not that provider`)
    }
  }
}

/** Where an allowed model goes, if none of the allowed providers is among it. */
function goesElsewhere(
  entry: KeyEntry,
  model: string,
  { providers, routes, defaultProvider }: KeyContext,
): string | null {
  if (entry.providers.length === 0 || defaultProvider === null) return null
  const { catalogue } = defaultProvider
  const open = { ...defaultProvider, catalogue: { ...catalogue, isClosed: false } }
  const targets = createRouter({ providers, defaultProvider: open, ...routes }).route(model)
  const isReachable = targets.some(({ provider }) => entry.providers.includes(provider.id))
  return isReachable ? null : targets.map(({ provider }) => provider.id).join(', ')
}

/** Says that a name is not among the known ones, and which is near or, if none is, all of them. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const [near] = nearNames(name, known)
  const hint = near === undefined ? `there are ${known.join(', ') || 'none'}` : `did you mean ${near}?`
  return `there is no ${what} ${JSON.stringify(name)}; ${hint}`
}
