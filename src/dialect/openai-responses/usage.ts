import { promptTokens, tokenCount, type Usage } from '../../core/usage.ts'
import { type Json, tryObject } from '../openai-chat/wire.ts'

/**
 * Nested counts as disjoint ones: `input_tokens` includes what was read from and written to the cache,
 * `output_tokens` includes reasoning.
 *
 * Worked: input 100 with 60 cached, output 20 → input 40, cache read 60, output 20.
 */
export function decodeUsage(wire: Json): Usage {
  const details = tryObject(wire.input_tokens_details)
  const read = tokenCount(details?.cached_tokens)
  const written = tokenCount(details?.cache_write_tokens)
  const output = tokenCount(wire.output_tokens)
  const reasoning = tokenCount(tryObject(wire.output_tokens_details)?.reasoning_tokens)
  return {
    inputTokens: Math.max(0, tokenCount(wire.input_tokens) - read - written),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
  }
}

/** All members that clients require, zeros included. */
export function encodeUsage(usage: Usage): Json {
  const input = promptTokens(usage)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  }
}
