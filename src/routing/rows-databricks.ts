import type { ProviderRow } from './provider-row.ts'
import { MESSAGES } from './rows-anthropic.ts'
import { CHAT } from './rows-chat.ts'

/** What is the same in every form of Databricks. Its own model names carry no date. */
const DATABRICKS = {
  keyNames: ['DATABRICKS_API_KEY', 'DATABRICKS_TOKEN'],
  baseNames: ['DATABRICKS_API_BASE', 'DATABRICKS_HOST'],
  modelNames: ['DATABRICKS_MODEL'],
  auth: 'bearer',
  modelMap: [{ from: 'claude-*', to: 'databricks-claude-*', dropsDate: true }],
} as const satisfies Partial<ProviderRow>

/** Claude endpoints refuse what a beta enables, and the beta with it; `quirks.betas` of the entry lets one in. */
const MESSAGES_QUIRKS = { betas: { in: 'header', known: [] } } as const

/** Cache marks are taken in messages and their parts, and refused in calls, where opencode writes them too. */
const CHAT_QUIRKS = {
  maxTokensField: 'max_tokens',
  reasoningField: 'content',
  parallelToolCalls: false,
  strips: ['tool_calls.cache_control'],
} as const

export const DATABRICKS_ROWS: readonly ProviderRow[] = [
  {
    ...CHAT,
    ...DATABRICKS,
    id: 'databricks',
    title: 'Databricks serving, chat endpoints',
    baseSuffixes: ['/serving-endpoints/chat/completions', '/serving-endpoints'],
    paths: {
      chat: '/serving-endpoints/chat/completions',
      countTokens: null,
      models: null,
      embeddings: '/serving-endpoints/embeddings',
    },
    quirks: CHAT_QUIRKS,
  },
  {
    ...CHAT,
    ...DATABRICKS,
    id: 'databricks-invocations',
    title: 'Databricks serving, the invocations form',
    isVariant: true,
    baseSuffixes: ['/serving-endpoints'],
    paths: {
      chat: '/serving-endpoints/{model}/invocations',
      countTokens: null,
      models: null,
      embeddings: '/serving-endpoints/{model}/invocations',
    },
    quirks: { ...CHAT_QUIRKS, omitModel: true },
  },
  {
    ...MESSAGES,
    ...DATABRICKS,
    id: 'databricks-anthropic',
    title: 'Databricks serving, its Anthropic form',
    isVariant: true,
    baseSuffixes: ['/serving-endpoints/anthropic', '/serving-endpoints'],
    quirks: MESSAGES_QUIRKS,
    paths: { chat: '/serving-endpoints/anthropic/v1/messages', countTokens: null, models: null, embeddings: null },
  },
  {
    ...MESSAGES,
    ...DATABRICKS,
    id: 'databricks-gateway',
    title: 'Databricks Unity AI Gateway, its Anthropic form',
    isVariant: true,
    baseSuffixes: ['/ai-gateway/anthropic', '/ai-gateway'],
    modelMap: [{ from: 'claude-*', to: 'system.ai.claude-*', dropsDate: true }],
    quirks: MESSAGES_QUIRKS,
    paths: { chat: '/ai-gateway/anthropic/v1/messages', countTokens: null, models: null, embeddings: null },
  },
]
