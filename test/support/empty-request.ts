import type { ChatRequest } from '../../src/core/request.ts'

/** A streamed request that asks for nothing in particular: what answers are read and written against. */
export const EMPTY_REQUEST: ChatRequest = {
  model: 'claude-sonnet-5-5',
  stream: true,
  system: [],
  turns: [],
  tools: [],
  toolChoice: { type: 'unset' },
  parallelToolCalls: true,
  stopSequences: [],
  sampling: {},
  reasoning: { type: 'unset' },
  format: { type: 'text' },
  wantsStreamUsage: true,
}
