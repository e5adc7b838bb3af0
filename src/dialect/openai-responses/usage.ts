import { type Extras, extrasOf, rateNames } from '../../core/extras.ts'
import { promptTokens, tokenCount, type Usage } from '../../core/usage.ts'
import { type Json, listOf, tryObject } from '../openai-chat/wire.ts'
import { toldCost } from '../told-cost.ts'

/**
 * The usage of a response, `null` where it tells none. Nested counts become disjoint ones: `input_tokens` includes what was read from and written to the cache,
 * `output_tokens` includes reasoning.
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
  return {
    inputTokens: Math.max(0, tokenCount(wire.input_tokens) - read - written),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
    ...extrasOf({ rates: rateNames(response.service_tier), ...countSearches(response), toldMicroUsd: toldCost(wire) }),
  }
}

/**
 * What is billed by the call. Pages that are opened, or searched through, are no searches.
 *
 * @see OpenAI, "Web search", output and citations; "Pricing", tools; 2026
 */
function countSearches({ output }: Json): Pick<Extras, 'webSearches' | 'fileSearches'> {
  let webSearches = 0
  let fileSearches = 0
  for (const value of listOf(output)) {
    const item = tryObject(value)
    if (item?.type === 'file_search_call') fileSearches++
    if (item?.type === 'web_search_call' && (tryObject(item.action)?.type ?? 'search') === 'search') webSearches++
  }
  return { webSearches, fileSearches }
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
