import { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import { environmentPrefix, PROVIDER_TABLE, type ProviderRow } from '../routing/provider-table.ts'
import { normalizeBaseUrl } from './base-url.ts'
import type { Environment } from './environment.ts'
import type { ConfigIssue } from './issue.ts'

/**
 * The rows that the environment enables: those whose key is set, for local servers whose address is. Nothing is
 * enabled because something answers on a port.
 *
 * @param chosen `MODEL_PROVIDER`; what that row lacks is an issue, what other rows lack is silence
 */
export function providersFromEnvironment(
  environment: Environment,
  chosen: string | undefined,
  issues: ConfigIssue[],
): Provider[] {
  if (chosen !== undefined && !PROVIDER_TABLE.some((row) => row.id === chosen)) {
    const known = PROVIDER_TABLE.map((row) => row.id).join(', ')
    issues.push({
      place: 'MODEL_PROVIDER',
      message: `there is no provider ${JSON.stringify(chosen)}; known are ${known}`,
    })
  }
  return PROVIDER_TABLE.flatMap((row) => {
    const provider = fromRow(row, environment, row.id === chosen, issues)
    return provider === null ? [] : [provider]
  })
}

function fromRow(
  row: ProviderRow,
  environment: Environment,
  isChosen: boolean,
  issues: ConfigIssue[],
): Provider | null {
  const prefix = environmentPrefix(row.id)
  const keyNames = [`${prefix}_API_KEY`, ...row.keyNames]
  const baseNames = [`${prefix}_API_BASE`, ...row.baseNames]
  const key = firstSet(environment, keyNames)
  const base = firstSet(environment, baseNames)
  const isEnabled = row.needsKey ? key !== null : base !== null
  if (!isEnabled && !isChosen) return null
  if (row.needsKey && key === null) {
    issues.push({ place: keyNames[0] ?? row.id, message: `${row.title} needs a key; set ${keyNames.join(' or ')}` })
  }
  const address = base?.value ?? row.baseUrl
  if (address === null) {
    issues.push({
      place: baseNames[0] ?? row.id,
      message: `${row.title} needs its address; set ${baseNames.join(' or ')}`,
    })
    return null
  }
  const normalized = normalizeBaseUrl(address, row.baseSuffixes)
  if ('wrong' in normalized) {
    issues.push({ place: base?.name ?? row.id, message: normalized.wrong })
    return null
  }
  const { id, dialect, auth, paths, quirks, headers } = row
  const keys = (key?.value ?? '').split(',').flatMap((text) => (text.trim() === '' ? [] : [new Secret(text.trim())]))
  return { id, dialect, auth, paths, quirks, headers, keys, baseUrl: normalized.url }
}

function firstSet(environment: Environment, names: readonly string[]): { name: string; value: string } | null {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined) return { name, value }
  }
  return null
}
