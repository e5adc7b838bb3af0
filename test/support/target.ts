import type { Target } from '../../src/core/target.ts'
import { findProviderRow } from '../../src/routing/provider-table.ts'

/** A target at a provider of this name that nobody will ever reach. */
export function target(id: string, model = 'some-model'): Target {
  const row = findProviderRow('custom')
  if (row === null) throw new Error('the table has a custom row')
  const { dialect, auth, paths, quirks, headers } = row
  const lane = { model: null, modelMap: [], catalogue: { models: [], isClosed: false } }
  const place = { baseUrl: 'http://127.0.0.1:1', keys: [], credential: 'operator' as const }
  return { provider: { id, dialect, auth, paths, quirks, headers, ...place, ...lane }, model }
}
