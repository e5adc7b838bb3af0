import type { Provider } from '../core/target.ts'
import { findProviderRow, PROVIDER_TABLE } from '../routing/provider-table.ts'
import { unknownName } from './keys.ts'

/**
 * What is wrong with the name of a provider in a stored key, `null` if nothing. A key outlives a configuration and may
 * serve other instances: a row of the table is a provider whether it is configured here or not.
 */
export function providerProblem(name: string, providers: readonly Provider[]): string | null {
  const configured = providers.map(({ id }) => id)
  if (configured.includes(name) || findProviderRow(name) !== null) return null
  return unknownName('provider', name, [...new Set([...configured, ...PROVIDER_TABLE.map(({ id }) => id)])])
}
