import { tokenCount, type Usage } from '../../core/usage.ts'
import type { Json } from '../openai-chat/wire.ts'

/**
 * `usageMetadata`, made disjoint: the prompt's count includes what came from a cache, thoughts stand beside the
 * candidates' tokens and are output all the same.
 */
export function decodeUsage(wire: Json): Usage {
  const cacheReadTokens = tokenCount(wire.cachedContentTokenCount)
  const promptTokens = tokenCount(wire.promptTokenCount) + tokenCount(wire.toolUsePromptTokenCount)
  const reasoningTokens = tokenCount(wire.thoughtsTokenCount)
  return {
    inputTokens: Math.max(0, promptTokens - cacheReadTokens),
    cacheReadTokens,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: tokenCount(wire.candidatesTokenCount) + reasoningTokens,
    reasoningTokens,
  }
}
