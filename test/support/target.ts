import type { Target } from '../../src/core/target.ts'
import { findProviderRow } from '../../src/routing/provider-table.ts'

/** A target at a provider of this name that nobody will ever reach. */
export function target(id: string, model = 'some-model'): Target {
  const row = findProviderRow('custom')
  if (row === null) throw new Error('the table has a custom row')
  const { dialect, auth, paths, quirks, headers } = row
  return { provider: { id, dialect, auth, paths, quirks, headers, baseUrl: 'http://127.0.0.1:1', keys: [] }, model }
}
