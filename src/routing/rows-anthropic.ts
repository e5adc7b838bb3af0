import type { ProviderPaths } from '../core/target.ts'
import type { ProviderRow } from './provider-row.ts'

const MESSAGES_PATHS: ProviderPaths = {
  chat: '/v1/messages',
  countTokens: '/v1/messages/count_tokens',
  models: '/v1/models',
  embeddings: null,
}

/** What rows of servers that speak Anthropic Messages share. */
export const MESSAGES = {
  dialect: 'anthropic',
  baseUrl: null,
  baseSuffixes: ['/v1/messages', '/v1'],
  keyNames: [],
  baseNames: [],
  modelNames: [],
  auth: 'x-api-key',
  needsKey: true,
  paths: MESSAGES_PATHS,
  modelMap: [],
  quirks: {},
  headers: { 'anthropic-version': '2023-06-01' },
} as const satisfies Partial<ProviderRow>

export const ANTHROPIC_ROWS: readonly ProviderRow[] = [
  { ...MESSAGES, id: 'anthropic', title: 'Anthropic', baseUrl: 'https://api.anthropic.com', quirks: { threads: true } },
  {
    ...MESSAGES,
    id: 'azure-anthropic',
    title: 'Claude in Microsoft Foundry',
    baseUrl: 'https://{resource}.services.ai.azure.com/anthropic',
    parameters: [{ name: 'resource', title: 'resource or address', names: ['ANTHROPIC_FOUNDRY_RESOURCE'] }],
    keyNames: ['ANTHROPIC_FOUNDRY_API_KEY'],
    bearerNames: ['ANTHROPIC_FOUNDRY_AUTH_TOKEN'],
    baseNames: ['AZURE_ANTHROPIC_ENDPOINT', 'ANTHROPIC_FOUNDRY_BASE_URL'],
    auth: 'api-key',
    paths: { ...MESSAGES_PATHS, models: null },
  },
  { ...MESSAGES, id: 'custom', title: 'Any server that speaks Anthropic Messages', needsKey: false },
]
