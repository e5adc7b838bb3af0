import type { ProviderRow } from './provider-row.ts'
import { MESSAGES } from './rows-anthropic.ts'

/** The blocks of a message that all local servers know. */
const BLOCKS = ['text', 'image', 'thinking', 'tool_use', 'tool_result'] as const

/**
 * Servers people run themselves, asked in Messages. They convert inside, and know neither betas nor prompt caching;
 * where the Chat form keeps more of a conversation, it is the row without a suffix.
 */
const LOCAL_MESSAGES = {
  ...MESSAGES,
  isVariant: true,
  needsKey: false,
  auth: 'bearer',
  paths: { ...MESSAGES.paths, countTokens: null },
  quirks: {
    betas: { in: 'header', known: [] },
    dropMembers: ['container', 'mcp_servers'],
    midSystem: 'fold',
    blocks: BLOCKS,
    toolSchemas: { inlineRefs: true },
  },
} as const satisfies Partial<ProviderRow>

const COUNTING = { ...MESSAGES.paths }

export const LOCAL_MESSAGES_ROWS: readonly ProviderRow[] = [
  {
    ...LOCAL_MESSAGES,
    id: 'vllm-anthropic',
    title: 'vLLM, its Messages form',
    baseUrl: 'http://127.0.0.1:8000',
    keyNames: ['VLLM_API_KEY'],
    baseNames: ['VLLM_BASE_URL'],
    defaultPort: 8_000,
    paths: COUNTING,
  },
  {
    ...LOCAL_MESSAGES,
    id: 'lmstudio-anthropic',
    title: 'LM Studio, its Messages form',
    baseUrl: 'http://127.0.0.1:1234',
    keyNames: ['LM_API_TOKEN'],
    baseNames: ['LMSTUDIO_BASE_URL'],
    defaultPort: 1_234,
  },
  {
    ...LOCAL_MESSAGES,
    id: 'ollama-anthropic',
    title: 'Ollama, its Messages form',
    baseUrl: 'http://127.0.0.1:11434',
    keyNames: ['OLLAMA_API_KEY'],
    baseNames: ['OLLAMA_HOST', 'OLLAMA_BASE_URL'],
    defaultPort: 11_434,
    quirks: { ...LOCAL_MESSAGES.quirks, dropMembers: ['container', 'mcp_servers', 'metadata'] },
  },
  {
    ...LOCAL_MESSAGES,
    id: 'llamacpp-anthropic',
    title: 'llama.cpp server, its Messages form',
    baseUrl: 'http://127.0.0.1:8080',
    baseNames: ['LLAMACPP_BASE_URL', 'LLAMA_CPP_ENDPOINT'],
    defaultPort: 8_080,
    paths: COUNTING,
  },
]
