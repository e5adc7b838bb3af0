import type { ProviderRow } from './provider-row.ts'

/** What rows of servers that speak OpenAI Responses share. */
const RESPONSES = {
  dialect: 'openai-responses',
  baseUrl: null,
  baseSuffixes: ['/v1/responses', '/v1'],
  keyNames: [],
  baseNames: [],
  modelNames: [],
  auth: 'bearer',
  needsKey: true,
  paths: {
    chat: '/v1/responses',
    countTokens: '/v1/responses/input_tokens',
    models: '/v1/models',
    embeddings: '/v1/embeddings',
  },
  modelMap: [],
  quirks: {},
  headers: {},
} as const satisfies Partial<ProviderRow>

/** What is the same at OpenAI itself and at Azure. */
const OPENAI_QUIRKS = { userField: 'safety_identifier', promptCacheKey: true, reasoningEffortMax: 'xhigh' } as const

/** Other forms of rows that share their key, so each must be asked for by name. */
export const RESPONSES_ROWS: readonly ProviderRow[] = [
  {
    ...RESPONSES,
    id: 'openai-responses',
    title: 'OpenAI, its Responses form',
    isVariant: true,
    baseUrl: 'https://api.openai.com',
    keyNames: ['OPENAI_API_KEY'],
    quirks: OPENAI_QUIRKS,
  },
  {
    ...RESPONSES,
    id: 'azure-openai-responses',
    title: 'Azure OpenAI v1, its Responses form',
    isVariant: true,
    baseSuffixes: ['/openai/v1/responses', '/openai/v1', '/openai'],
    keyNames: ['AZURE_OPENAI_API_KEY'],
    baseNames: ['AZURE_OPENAI_ENDPOINT'],
    modelNames: ['AZURE_OPENAI_DEPLOYMENT'],
    auth: 'api-key',
    paths: {
      chat: '/openai/v1/responses',
      countTokens: null,
      models: '/openai/v1/models',
      embeddings: '/openai/v1/embeddings',
    },
    quirks: OPENAI_QUIRKS,
  },
  {
    ...RESPONSES,
    id: 'openrouter-responses',
    title: 'OpenRouter, its Responses form',
    isVariant: true,
    baseUrl: 'https://openrouter.ai/api',
    keyNames: ['OPENROUTER_API_KEY'],
    paths: { chat: '/v1/responses', countTokens: null, models: '/v1/models', embeddings: null },
    quirks: { userField: 'user', tellsCost: true },
  },
  {
    ...RESPONSES,
    id: 'custom-responses',
    title: 'Any server that speaks OpenAI Responses',
    needsKey: false,
    paths: { chat: '/v1/responses', countTokens: null, models: '/v1/models', embeddings: '/v1/embeddings' },
  },
]
