import { loadSettings } from '../../src/config/load.ts'
import type { DialectId, Surface, Upstream } from '../../src/core/dialect.ts'
import type { Provider } from '../../src/core/target.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../src/dialect/openai-responses/index.ts'
import { environmentPrefix, findProviderRow } from '../../src/routing/provider-table.ts'
import { SIMULATED_AWS } from '../../src/simulator/sigv4.ts'
import { UPSTREAM_KEY } from '../support/proxy.ts'

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
  'bedrock',
  'vertex',
  'bedrock-converse',
  'gemini',
  'openai',
  'databricks',
  'databricks-invocations',
  'ollama',
  'openai-responses',
] as const

/** What a row needs to be a provider, whichever it is; a cloud's account is the simulator's. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: SIMULATED_AWS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SIMULATED_AWS.secretAccessKey,
  AWS_SESSION_TOKEN: SIMULATED_AWS.sessionToken,
  GOOGLE_CLOUD_PROJECT: 'a-project',
  VERTEX_ACCESS_TOKEN: 'an-access-token',
  AZURE_OPENAI_API_VERSION: '2024-10-21',
  GEMINI_MODEL: 'gemini-3.1-pro',
}

/** A row of the provider table as a provider, in its own form only, but for its address. */
export function rowProvider(id: string): Partial<Provider> {
  const row = findProviderRow(id)
  if (row === null) throw new Error(`there is no row ${id}`)
  const prefix = environmentPrefix(id)
  const isPlain = row.signing === undefined
  const own = { [`${prefix}_API_BASE`]: 'http://127.0.0.1:1', ...(isPlain && { [`${prefix}_API_KEY`]: UPSTREAM_KEY }) }
  const loaded = loadSettings({ ...ENVIRONMENT, ...own, MODEL_PROVIDER: id }, null)
  if ('issues' in loaded) throw new Error(loaded.issues.map(({ message }) => message).join('; '))
  const { baseUrl: _, forms: __, ...provider } = loaded.settings.defaultProvider ?? {}
  return provider
}

export function dialectOf(rowId: string): DialectId {
  return findProviderRow(rowId)?.dialect ?? 'anthropic'
}
