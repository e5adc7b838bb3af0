import type { ProviderPaths } from '../core/target.ts'
import type { ProviderRow } from './provider-row.ts'

const V1_PATHS: ProviderPaths = {
  chat: '/v1/chat/completions',
  countTokens: null,
  models: '/v1/models',
  embeddings: '/v1/embeddings',
}

/** What rows of servers that speak OpenAI Chat share. */
export const CHAT = {
  dialect: 'openai-chat',
  baseUrl: null,
  baseSuffixes: ['/v1/chat/completions', '/v1'],
  keyNames: [],
  baseNames: [],
  modelNames: [],
  auth: 'bearer',
  needsKey: true,
  paths: V1_PATHS,
  modelMap: [],
  quirks: {},
  headers: {},
} as const satisfies Partial<ProviderRow>

/**
 * Servers people run themselves: no key, the older name of the output limit, no fields of OpenAI's own models. They have
 * no `forms`: which of them a server has depends on its version, and their Messages layers know less than the conversion
 * keeps, such as references in schemas and reasoning inside of text.
 */
const LOCAL = {
  ...CHAT,
  needsKey: false,
  quirks: {
    maxTokensField: 'max_tokens',
    reasoningEffort: false,
    parallelToolCalls: false,
    inlineThinking: true,
    toolSchemas: { inlineRefs: true, openLists: true },
    toolIdCharsMax: 64,
  },
} as const satisfies Partial<ProviderRow>

export const CHAT_ROWS: readonly ProviderRow[] = [
  {
    ...CHAT,
    id: 'azure-openai-dated',
    title: 'Azure OpenAI, dated API versions',
    baseSuffixes: ['/openai/v1', '/openai'],
    keyNames: ['AZURE_OPENAI_API_KEY'],
    baseNames: ['AZURE_OPENAI_ENDPOINT'],
    modelNames: ['AZURE_OPENAI_DEPLOYMENT'],
    parameters: [
      {
        name: 'apiVersion',
        title: 'api-version',
        names: ['AZURE_OPENAI_API_VERSION', 'OPENAI_API_VERSION'],
        isSwitch: true,
      },
    ],
    auth: 'api-key',
    paths: {
      chat: '/openai/deployments/{model}/chat/completions?api-version={apiVersion}',
      countTokens: null,
      models: null,
      embeddings: '/openai/deployments/{model}/embeddings?api-version={apiVersion}',
    },
    quirks: { promptCacheKey: true },
  },
  {
    ...CHAT,
    id: 'azure-openai',
    title: 'Azure OpenAI, v1',
    baseSuffixes: ['/openai/v1/chat/completions', '/openai/v1', '/openai'],
    keyNames: [],
    baseNames: ['AZURE_OPENAI_ENDPOINT'],
    modelNames: ['AZURE_OPENAI_DEPLOYMENT'],
    auth: 'api-key',
    paths: {
      chat: '/openai/v1/chat/completions',
      countTokens: null,
      models: '/openai/v1/models',
      embeddings: '/openai/v1/embeddings',
    },
    quirks: { promptCacheKey: true },
    forms: [{ id: 'azure-openai-responses' }],
  },
  {
    ...CHAT,
    id: 'openai',
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com',
    forms: [{ id: 'openai-responses' }],
    quirks: {
      systemRole: 'developer',
      midSystem: 'keep',
      userField: 'safety_identifier',
      promptCacheKey: true,
      reasoningEffortMax: 'xhigh',
      pdfInput: true,
    },
  },
  {
    ...CHAT,
    id: 'openrouter',
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api',
    // Its Messages form is promised for Anthropic's own models alone.
    forms: [{ id: 'openrouter-responses' }, { id: 'openrouter-anthropic', models: 'anthropic/*' }],
    quirks: {
      maxTokensField: 'max_tokens',
      reasoningField: 'reasoning_details',
      userField: 'user',
      pdfInput: true,
      tellsCost: true,
    },
  },
  { ...CHAT, id: 'custom-openai', title: 'Any server that speaks OpenAI Chat', needsKey: false },
  {
    ...LOCAL,
    id: 'vllm',
    title: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000',
    baseNames: ['VLLM_BASE_URL'],
    defaultPort: 8_000,
  },
  {
    ...LOCAL,
    id: 'lmstudio',
    title: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234',
    baseNames: ['LMSTUDIO_BASE_URL'],
    keyNames: ['LM_API_TOKEN'],
    defaultPort: 1_234,
  },
  {
    ...LOCAL,
    id: 'ollama',
    title: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434',
    baseNames: ['OLLAMA_HOST', 'OLLAMA_BASE_URL'],
    defaultPort: 11_434,
    quirks: { ...LOCAL.quirks, reasoningField: 'reasoning' },
  },
  {
    ...LOCAL,
    id: 'llamacpp',
    title: 'llama.cpp server',
    baseUrl: 'http://127.0.0.1:8080',
    baseNames: ['LLAMACPP_BASE_URL', 'LLAMA_CPP_ENDPOINT'],
    defaultPort: 8_080,
    quirks: { ...LOCAL.quirks, reasoningField: 'reasoning_content' },
  },
]
