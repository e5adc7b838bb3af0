import type { ProviderRow } from '../routing/provider-row.ts'
import { environmentPrefix } from '../routing/provider-table.ts'
import type { Environment } from './environment.ts'
import type { ProviderEntry } from './file-schema.ts'
import type { ConfigIssue } from './issue.ts'

/** What a provider is made from: its row, the entry of the file if there is one, and where to complain. */
export interface Source {
  readonly id: string
  readonly row: ProviderRow
  readonly entry: Partial<ProviderEntry>
  readonly environment: Environment
  readonly issues: ConfigIssue[]
  /** Place of a field of the entry, or the environment name that would set it. */
  place(field: string, names: readonly string[]): string
}

/** Environment names of a row's key, the first that is set counts. */
export function keyNames(row: ProviderRow): readonly string[] {
  return [...new Set([`${environmentPrefix(row.id)}_API_KEY`, ...row.keyNames])]
}

/** Environment names of a row's address, the first that is set counts. */
export function baseNames(row: ProviderRow): readonly string[] {
  return [...new Set([`${environmentPrefix(row.id)}_API_BASE`, ...row.baseNames])]
}

export function firstSet(environment: Environment, names: readonly string[]): { name: string; value: string } | null {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined) return { name, value }
  }
  return null
}

/** The members that have a value: `undefined` must not overwrite a default. */
export function defined<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // Entries of T without the undefined ones, which is what the return type says.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}
