import type { ProviderRow } from './provider-row.ts'
import { MESSAGES } from './rows-anthropic.ts'
import { CHAT } from './rows-chat.ts'

/**
 * Vendors of models of their own that speak Messages too. Betas mean nothing to them, with or without an error: they
 * are left out, by name, together with the members that they enable. z.ai has no `forms`: a key of a coding plan is
 * refused by one Chat form and a key without one by the other. Moonshot has none: its Chat form refuses fields that
 * clients send as a matter of course.
 */
const COMPATIBLE = {
  ...MESSAGES,
  auth: 'bearer',
  paths: { ...MESSAGES.paths, countTokens: null, models: null },
  quirks: { betas: { in: 'header', known: [] }, dropMembers: ['container', 'mcp_servers'], midSystem: 'fold' },
} as const satisfies Partial<ProviderRow>

/** The blocks DeepSeek and Moonshot know. DeepSeek drops others silently, Moonshot refuses them. */
const BLOCKS = [
  'text',
  'image',
  'thinking',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
] as const

/** Their Chat form: the older name of the output limit, reasoning that must come back, no fields of OpenAI's own. */
const CHAT_FORM = {
  ...CHAT,
  isVariant: true,
  quirks: {
    maxTokensField: 'max_tokens',
    reasoningField: 'reasoning_content',
    reasoningEffort: false,
    parallelToolCalls: false,
    // Kimi makes ids of a tool's name, and wants its own back.
    toolIdCharsMax: 64,
  },
} as const satisfies Partial<ProviderRow>

/** They refuse a conversation in which an answer has no reasoning, whoever gave it. */
const NEEDS_REASONING = { ...CHAT_FORM.quirks, needsReasoning: true } as const

const ZAI_KEYS = ['Z_AI_API_KEY', 'GLM_API_KEY']
const MOONSHOT_KEYS = ['KIMI_API_KEY']

export const VENDOR_ROWS: readonly ProviderRow[] = [
  {
    ...COMPATIBLE,
    id: 'zai',
    title: 'z.ai (GLM), its Messages form',
    baseUrl: 'https://api.z.ai/api/anthropic',
    keyNames: ZAI_KEYS,
  },
  {
    ...CHAT_FORM,
    id: 'zai-openai',
    title: 'z.ai (GLM), its Chat form',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    baseSuffixes: ['/chat/completions'],
    keyNames: ['ZAI_API_KEY', ...ZAI_KEYS],
    paths: { chat: '/chat/completions', countTokens: null, models: '/models', embeddings: '/embeddings' },
  },
  {
    ...CHAT_FORM,
    id: 'zai-coding',
    title: 'z.ai (GLM) coding plan, its Chat form',
    baseUrl: 'https://api.z.ai/api/coding/paas/v4',
    baseSuffixes: ['/chat/completions'],
    keyNames: ['ZAI_API_KEY', ...ZAI_KEYS],
    paths: { chat: '/chat/completions', countTokens: null, models: '/models', embeddings: null },
  },
  {
    ...COMPATIBLE,
    id: 'moonshot',
    title: 'Moonshot (Kimi), its Messages form',
    baseUrl: 'https://api.moonshot.ai/anthropic',
    keyNames: MOONSHOT_KEYS,
    quirks: { ...COMPATIBLE.quirks, needsReasoning: true, blocks: BLOCKS },
  },
  {
    ...CHAT_FORM,
    id: 'moonshot-openai',
    title: 'Moonshot (Kimi), its Chat form',
    baseUrl: 'https://api.moonshot.ai',
    keyNames: ['MOONSHOT_API_KEY', ...MOONSHOT_KEYS],
    paths: { ...CHAT.paths, embeddings: null },
    quirks: NEEDS_REASONING,
  },
  {
    ...COMPATIBLE,
    id: 'deepseek',
    title: 'DeepSeek, its Messages form',
    baseUrl: 'https://api.deepseek.com/anthropic',
    auth: 'x-api-key',
    quirks: { ...COMPATIBLE.quirks, needsReasoning: true, blocks: BLOCKS },
    forms: [{ id: 'deepseek-openai', models: 'deepseek-*' }],
  },
  {
    ...CHAT_FORM,
    id: 'deepseek-openai',
    title: 'DeepSeek, its Chat form',
    baseUrl: 'https://api.deepseek.com',
    keyNames: ['DEEPSEEK_API_KEY'],
    paths: { ...CHAT.paths, embeddings: null },
    quirks: NEEDS_REASONING,
  },
  {
    ...MESSAGES,
    id: 'openrouter-anthropic',
    title: 'OpenRouter, its Messages form',
    isVariant: true,
    baseUrl: 'https://openrouter.ai/api',
    keyNames: ['OPENROUTER_API_KEY'],
    auth: 'bearer',
    paths: { ...MESSAGES.paths, countTokens: null },
    quirks: { ...MESSAGES.quirks, tellsCost: true },
  },
  {
    ...CHAT,
    id: 'ollama-cloud',
    title: 'Ollama, its cloud',
    baseUrl: 'https://ollama.com',
    keyNames: ['OLLAMA_API_KEY'],
    quirks: {
      maxTokensField: 'max_tokens',
      reasoningField: 'reasoning',
      reasoningEffort: false,
      parallelToolCalls: false,
    },
  },
]
