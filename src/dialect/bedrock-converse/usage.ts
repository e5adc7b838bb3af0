import { NO_USAGE, tokenCount, type Usage } from '../../core/usage.ts'
import { tryObject } from '../openai-chat/wire.ts'

/** Converse's counts are disjoint already. */
export function decodeUsage(value: unknown): Usage {
  const wire = tryObject(value) ?? {}
  return {
    ...NO_USAGE,
    inputTokens: tokenCount(wire.inputTokens),
    outputTokens: tokenCount(wire.outputTokens),
    cacheReadTokens: tokenCount(wire.cacheReadInputTokens),
    cacheWriteTokens: tokenCount(wire.cacheWriteInputTokens),
  }
}
