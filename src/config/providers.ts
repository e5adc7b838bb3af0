import { Secret } from '../core/secret.ts'
import { CREDENTIAL_OWNERS, type CredentialOwner, type Provider } from '../core/target.ts'
import { nearNames } from '../routing/near-names.ts'
import type { ProviderRow } from '../routing/provider-row.ts'
import { environmentPrefix, findProviderRow, PROVIDER_TABLE } from '../routing/provider-table.ts'
import { normalizeBaseUrl } from './base-url.ts'
import type { Environment } from './environment.ts'
import type { ProviderEntry } from './file-schema.ts'
import type { ConfigFile } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'

/** What a provider is made from: its row, the entry of the file if there is one, and where to complain. */
interface Source {
  readonly id: string
  readonly row: ProviderRow
  readonly entry: Partial<ProviderEntry>
  readonly environment: Environment
  readonly issues: ConfigIssue[]
  /** Place of a field of the entry, or the environment name that would set it. */
  place(field: 'key' | 'base' | 'apiVersion', names: readonly string[]): string
}

/**
 * The configured providers: those of the file's section, in its order, else the rows that the environment enables.
 *
 * @param chosen `MODEL_PROVIDER`; what that row lacks is an issue, what rows lack that nobody named is silence
 */
export function configuredProviders(
  file: ConfigFile,
  environment: Environment,
  chosen: string | undefined,
  issues: ConfigIssue[],
): Provider[] {
  const entries = file.config.providers
  if (entries === undefined) return providersFromEnvironment(environment, chosen, issues)
  const providers = Object.entries(entries).flatMap(([id, entry]) => {
    if (file.broken.has(id)) return []
    const row = findProviderRow(entry?.type ?? id)
    if (row === null) {
      issues.push({ place: file.place(['providers', id]), message: unknownRow(id, 'give it a type') })
      return []
    }
    const place: Source['place'] = (field) => file.place(['providers', id, field])
    const provider = build({ id, row, entry: entry ?? {}, environment, issues, place })
    return provider === null ? [] : [provider]
  })
  if (chosen !== undefined && entries[chosen] === undefined) {
    const listed = Object.keys(entries).join(', ')
    issues.push({
      place: 'MODEL_PROVIDER',
      message: `${JSON.stringify(chosen)} is not in the file's providers: ${listed}`,
    })
  }
  return providers
}

/** The rows whose key is set, for local servers whose address is. Nothing is enabled because a port answers. */
function providersFromEnvironment(
  environment: Environment,
  chosen: string | undefined,
  issues: ConfigIssue[],
): Provider[] {
  if (chosen !== undefined && findProviderRow(chosen) === null) {
    issues.push({ place: 'MODEL_PROVIDER', message: unknownRow(chosen, 'take one of these') })
  }
  const enabled = PROVIDER_TABLE.filter((row) => row.id === chosen || isEnabled(row, environment))
  const complete = enabled.filter((row) => row.id === chosen || hasAddress(row, environment))
  // A key without its address is left alone beside a provider that works, and named where there is none.
  return (complete.length > 0 ? complete : enabled).flatMap((row) => {
    const place: Source['place'] = (_field, names) => names[0] ?? row.id
    const provider = build({ id: row.id, row, entry: {}, environment, issues, place })
    return provider === null ? [] : [provider]
  })
}

function isEnabled(row: ProviderRow, environment: Environment): boolean {
  if (row.isVariant === true) return false
  if (environment[credentialName(row.id)] === 'client') return true
  if (row.apiVersionNames !== undefined && firstSet(environment, row.apiVersionNames) === null) return false
  return firstSet(environment, row.needsKey ? keyNames(row) : baseNames(row)) !== null
}

function hasAddress(row: ProviderRow, environment: Environment): boolean {
  return row.baseUrl !== null || firstSet(environment, baseNames(row)) !== null
}

function unknownRow(id: string, advice: string): string {
  const known = PROVIDER_TABLE.map((row) => row.id)
  const [near] = nearNames(id, known)
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  return `there is no provider ${JSON.stringify(id)}${hint}; ${advice}: ${known.join(', ')}`
}

function build(source: Source): Provider | null {
  const { id, row, entry } = source
  const baseUrl = readBaseUrl(source)
  const credential = readCredentialOwner(source)
  const keys = readKeys(source, credential)
  const paths = readPaths(source)
  if (baseUrl === null || credential === null || keys === null || paths === null) return null
  const mapped = Object.entries(entry.modelMap ?? {}).map(([from, to]) => ({ from, to }))
  return {
    id,
    dialect: row.dialect,
    auth: row.auth,
    baseUrl,
    keys,
    credential,
    paths,
    quirks: { ...row.quirks, ...defined(entry.quirks ?? {}) },
    headers: { ...row.headers, ...entry.headers },
    modelMap: [...mapped, ...row.modelMap],
    model:
      entry.model ?? firstSet(source.environment, [`${environmentPrefix(id)}_MODEL`, ...row.modelNames])?.value ?? null,
    catalogue: { models: entry.models ?? [], isClosed: entry.catalogue === 'closed' },
  }
}

function readBaseUrl({ row, entry, environment, issues, place }: Source): string | null {
  const names = baseNames(row)
  const set = entry.base === undefined ? firstSet(environment, names) : null
  const address = entry.base ?? set?.value ?? row.baseUrl
  if (address === null) {
    issues.push({ place: place('base', names), message: `${row.title} needs its address; set ${names.join(' or ')}` })
    return null
  }
  const normalized = normalizeBaseUrl(address, row)
  if ('url' in normalized) return normalized.url
  issues.push({ place: set?.name ?? place('base', names), message: normalized.wrong })
  return null
}

/** Several keys may stand in one value, with commas between: they are used in turn. */
function readKeys(
  { row, entry, environment, issues, place }: Source,
  credential: CredentialOwner | null,
): readonly Secret[] | null {
  if (credential === 'client') {
    const named = entry.key !== undefined || entry.keyEnv !== undefined
    if (named)
      issues.push({ place: place('key', []), message: 'is not used with "credential: client"; "either" uses both' })
    return []
  }
  const names = entry.keyEnv === undefined ? keyNames(row) : [entry.keyEnv]
  const text = entry.key ?? firstSet(environment, names)?.value ?? ''
  const keys = text.split(',').flatMap((key) => (key.trim() === '' ? [] : [new Secret(key.trim())]))
  if (keys.length > 0 || !row.needsKey) return keys
  issues.push({ place: place('key', names), message: `${row.title} needs a key; set ${names.join(' or ')}` })
  return null
}

function readCredentialOwner({ id, entry, environment, issues }: Source): CredentialOwner | null {
  const name = credentialName(id)
  const owner = entry.credential ?? environment[name] ?? 'operator'
  const known = CREDENTIAL_OWNERS.find((one) => one === owner)
  if (known === undefined) issues.push({ place: name, message: `must be one of ${CREDENTIAL_OWNERS.join(', ')}` })
  return known ?? null
}

function credentialName(id: string): string {
  return `${environmentPrefix(id)}_CREDENTIAL`
}

function readPaths({ row, entry, environment, issues, place }: Source): Provider['paths'] | null {
  const paths = { ...row.paths, ...defined(entry.paths ?? {}) }
  if (row.apiVersionNames === undefined) return paths
  const version = entry.apiVersion ?? firstSet(environment, row.apiVersionNames)?.value
  if (version === undefined) {
    const names = row.apiVersionNames
    issues.push({
      place: place('apiVersion', names),
      message: `${row.title} needs its api-version; set ${names.join(' or ')}`,
    })
    return null
  }
  const withVersion = (path: string | null): string | null =>
    path?.replace('{apiVersion}', encodeURIComponent(version)) ?? null
  return {
    chat: withVersion(paths.chat) ?? row.paths.chat,
    countTokens: withVersion(paths.countTokens),
    models: withVersion(paths.models),
    embeddings: withVersion(paths.embeddings),
  }
}

/** Variables that hold the key of a row, the first that is set counts. */
export function keyNames(row: ProviderRow): readonly string[] {
  return [...new Set([`${environmentPrefix(row.id)}_API_KEY`, ...row.keyNames])]
}

/** Variables that hold the address of a row, the first that is set counts. */
export function baseNames(row: ProviderRow): readonly string[] {
  return [...new Set([`${environmentPrefix(row.id)}_API_BASE`, ...row.baseNames])]
}

/** The members that have a value: `undefined` must not overwrite a default. */
function defined<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // Entries of T without the undefined ones, which is what the return type says.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}

function firstSet(environment: Environment, names: readonly string[]): { name: string; value: string } | null {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined) return { name, value }
  }
  return null
}
