import { listOf, tryObject } from '../../core/json.ts'
import { tokenCount, type Usage } from '../../core/usage.ts'

/** Converse's counts are disjoint already. */
export function decodeUsage(value: unknown): Usage {
  const wire = tryObject(value) ?? {}
  const cacheWriteTokens = tokenCount(wire.cacheWriteInputTokens)
  return {
    inputTokens: tokenCount(wire.inputTokens),
    cacheReadTokens: tokenCount(wire.cacheReadInputTokens),
    cacheWriteTokens,
    cacheWrite1hTokens: Math.min(writtenForAnHour(wire.cacheDetails), cacheWriteTokens),
    outputTokens: tokenCount(wire.outputTokens),
    reasoningTokens: 0,
  }
}

/** @see Amazon Bedrock API reference, `CacheDetail`, 2026 */
function writtenForAnHour(details: unknown): number {
  let tokens = 0
  for (const item of listOf(details)) {
    const detail = tryObject(item)
    if (detail?.ttl === '1h') tokens += tokenCount(detail.inputTokens)
  }
  return tokens
}
