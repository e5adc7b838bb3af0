import type { DialectId, Surface, Upstream } from '../../src/core/dialect.ts'
import type { Provider } from '../../src/core/target.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../src/dialect/openai-responses/index.ts'
import { findProviderRow } from '../../src/routing/provider-table.ts'

/** What a client speaks, and the codec that reads it as a client would: the upstream side of the same dialect. */
export interface ClientSide {
  readonly name: 'messages' | 'chat' | 'responses'
  readonly path: string
  readonly surface: Surface
  readonly reader: Upstream
}

export const CLIENTS: readonly ClientSide[] = [
  { name: 'messages', path: '/v1/messages', surface: anthropicSurface, reader: anthropicUpstream },
  { name: 'chat', path: '/v1/chat/completions', surface: openaiChatSurface, reader: openaiChatUpstream },
  { name: 'responses', path: '/v1/responses', surface: openaiResponsesSurface, reader: openaiResponsesUpstream },
]

/** Rows whose servers the simulator judges by rules of their own. */
export const UPSTREAM_ROWS = [
  'anthropic',
  'openai',
  'databricks',
  'databricks-invocations',
  'ollama',
  'openai-responses',
] as const

/** A row of the provider table as a provider, but for its address. */
export function rowProvider(id: string): Partial<Provider> {
  const row = findProviderRow(id)
  if (row === null) throw new Error(`there is no row ${id}`)
  const { dialect, auth, paths, quirks, headers, modelMap } = row
  return { id, dialect, auth, paths, quirks, headers, modelMap }
}

export function dialectOf(rowId: string): DialectId {
  return findProviderRow(rowId)?.dialect ?? 'anthropic'
}
