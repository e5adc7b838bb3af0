import { extrasOf, rateNames } from '../../core/extras.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { promptTokens, tokenCount, type Usage } from '../../core/usage.ts'
import { toldCost } from '../told-cost.ts'
import { countSearches, pictureUse } from './tool-usage.ts'

/**
 * The usage of a response, `null` where it tells none. Nested counts become disjoint ones: `input_tokens` includes what was
 * read from and written to the cache, `output_tokens` includes reasoning. What made pictures for it is counted with it.
 *
 * Worked: input 100 with 60 cached, output 20 → input 40, cache read 60, output 20.
 */
export function decodeUsage(response: Json): Usage | null {
  const wire = tryObject(response.usage)
  if (wire === null) return null
  const details = tryObject(wire.input_tokens_details)
  const read = tokenCount(details?.cached_tokens)
  const written = tokenCount(details?.cache_write_tokens)
  const output = tokenCount(wire.output_tokens)
  const reasoning = tokenCount(tryObject(wire.output_tokens_details)?.reasoning_tokens)
  const pictures = pictureUse(response)
  const others = pictures === null ? [] : [pictures]
  const { inputTokens = 0, cacheReadTokens = 0, outputTokens = 0 } = pictures?.usage ?? {}
  const rates = rateNames(response.service_tier)
  return {
    inputTokens: Math.max(0, tokenCount(wire.input_tokens) - read - written) + inputTokens,
    cacheReadTokens: read + cacheReadTokens,
    cacheWriteTokens: written,
    cacheWrite1hTokens: 0,
    outputTokens: output + outputTokens,
    reasoningTokens: Math.min(reasoning, output),
    ...extrasOf({ rates, ...countSearches(response), toldMicroUsd: toldCost(wire), others }),
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
