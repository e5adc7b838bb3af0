import { CREDENTIAL_OWNERS, type CredentialOwner, type Provider } from '../core/target.ts'
import { choiceOf, nearNames } from '../routing/near-names.ts'
import type { ParameterRow, ProviderRow } from '../routing/provider-row.ts'
import { environmentPrefix, findProviderRow, PROVIDER_TABLE } from '../routing/provider-table.ts'
import type { Environment } from './environment.ts'
import type { ConfigFile } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'
import { fillHeaders, lowerCased, readAddress } from './provider-address.ts'
import { readCredential } from './provider-credential.ts'
import { readForms } from './provider-forms.ts'
import { baseNames, defined, firstSet, keyNames, type Source } from './provider-source.ts'

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
      issues.push({
        place: file.place(['providers', id]),
        message: unknownRow(id, '; a name of your own needs a type'),
      })
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
    issues.push({ place: 'MODEL_PROVIDER', message: unknownRow(chosen, '') })
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
  const switches = row.parameters?.filter(({ isSwitch }) => isSwitch === true) ?? []
  if (!switches.every(({ names }) => firstSet(environment, names) !== null)) return false
  const names = row.needsKey ? [...keyNames(row), ...(row.bearerNames ?? [])] : baseNames(row)
  return firstSet(environment, names) !== null
}

function hasAddress(row: ProviderRow, environment: Environment): boolean {
  if (firstSet(environment, baseNames(row)) !== null) return true
  const isKnown = ({ name, names, fallback }: ParameterRow): boolean =>
    fallback !== undefined || firstSet(environment, names) !== null || row.baseUrl?.includes(`{${name}}`) === false
  return row.baseUrl !== null && (row.parameters ?? []).every(isKnown)
}

function unknownRow(id: string, advice: string): string {
  const known = PROVIDER_TABLE.map((row) => row.id)
  const near = nearNames(id, known)
  const problem = `there is no provider ${JSON.stringify(id)}`
  return near.length > 0
    ? `${problem} (did you mean ${choiceOf(near)}?)${advice}`
    : `${problem}${advice}; known are ${known.join(', ')}`
}

function build(source: Source): Provider | null {
  const { id, row, entry } = source
  const address = readAddress(source)
  const owner = readCredentialOwner(source)
  const credential = readCredential(source, owner, address?.parameters ?? {})
  if (address === null || owner === null || credential === null) return null
  const mapped = Object.entries(entry.modelMap ?? {}).map(([from, to]) => ({ from, to }))
  const provider: Provider = {
    id,
    ...(row.id !== id && { row: row.id }),
    dialect: row.dialect,
    ...(row.framing !== undefined && { framing: row.framing }),
    auth: credential.auth,
    baseUrl: address.baseUrl,
    keys: credential.keys,
    credential: owner,
    paths: address.paths,
    quirks: { ...row.quirks, ...defined(entry.quirks ?? {}) },
    headers: { ...fillHeaders(row.headers, address.parameters), ...lowerCased(entry.headers) },
    modelMap: [...mapped, ...row.modelMap],
    model:
      entry.model ?? firstSet(source.environment, [`${environmentPrefix(id)}_MODEL`, ...row.modelNames])?.value ?? null,
    catalogue: { models: entry.models ?? [], isClosed: entry.catalogue === 'closed' },
  }
  const forms = readForms(source, provider)
  return forms.length === 0 ? provider : { ...provider, forms }
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
