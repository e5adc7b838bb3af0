import { extrasOf } from '../../core/extras.ts'
import { type Json, listOf, tryObject } from '../../core/json.ts'
import { tokenCount, type Usage } from '../../core/usage.ts'

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
    ...extrasOf({ mediaTokens: mediaTokens(wire.candidatesTokensDetails) }),
  }
}

/** Pictures and sound among the candidates' tokens. */
function mediaTokens(details: unknown): number {
  let tokens = 0
  for (const item of listOf(details)) {
    const detail = tryObject(item)
    if (detail?.modality === 'IMAGE' || detail?.modality === 'AUDIO') tokens += tokenCount(detail.tokenCount)
  }
  return tokens
}
