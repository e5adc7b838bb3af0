import { extrasOf, rateNames } from '../../core/extras.ts'
import { type Json, listOf, tryObject } from '../../core/json.ts'
import { type Opaque, opaqueMembers } from '../../core/opaque.ts'
import { promptTokens, tokenCount, type Usage } from '../../core/usage.ts'
import { restOf } from '../rest.ts'
import { toldCost } from '../told-cost.ts'

const KNOWN = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
  'cached_tokens',
  'prompt_cache_hit_tokens',
  'prompt_cache_miss_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
])

/**
 * Chat's nested counts as disjoint ones: `prompt_tokens` includes what was read from and written to the cache,
 * `completion_tokens` includes reasoning. DeepSeek, Moonshot and Databricks name the cache counts differently. Servers that
 * leave reasoning out of `completion_tokens` show it by a total that only adds up with it.
 *
 * @param chunk what the usage stands in, which tells the tier of service
 *
 * Worked: prompt 100 with 60 cached, completion 20 → input 40, cache read 60, output 20.
 */
export function decodeUsage(wire: Json, { service_tier: tier }: Json = {}): Usage {
  const prompt = tokenCount(wire.prompt_tokens)
  const promptDetails = tryObject(wire.prompt_tokens_details)
  const read = firstCount(
    promptDetails?.cached_tokens,
    wire.prompt_cache_hit_tokens,
    wire.cached_tokens,
    wire.cache_read_input_tokens,
  )
  const written = firstCount(promptDetails?.cache_write_tokens, wire.cache_creation_input_tokens)
  const completionDetails = tryObject(wire.completion_tokens_details)
  const reasoning = tokenCount(completionDetails?.reasoning_tokens)
  const media = tokenCount(completionDetails?.audio_tokens) + tokenCount(completionDetails?.image_tokens)
  const completion = tokenCount(wire.completion_tokens)
  const isReasoningApart = reasoning > 0 && tokenCount(wire.total_tokens) === prompt + completion + reasoning
  const output = isReasoningApart ? completion + reasoning : completion
  return {
    inputTokens: Math.max(0, prompt - read - written),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
    ...extrasOf({ rates: rateNames(tier), mediaTokens: Math.min(media, output), toldMicroUsd: toldCost(wire) }),
  }
}

/** The usage that a chunk tells, in whichever of the places where servers put it. */
export function usageOf(chunk: Json): Json | null {
  const { usage } = tryObject(listOf(chunk.choices)[0]) ?? {}
  return tryObject(chunk.usage) ?? tryObject(usage) ?? tryObject(tryObject(chunk.x_groq)?.usage)
}

/** What the usage object says beyond tokens of text, such as OpenRouter's `cost`. */
export function usageOpaque(wire: Json): Opaque | undefined {
  const members = restOf(wire, KNOWN)
  return members === null ? undefined : { dialect: 'openai-chat', members }
}

export function encodeUsage(usage: Usage, opaque: Opaque | undefined): Json {
  const prompt = promptTokens(usage)
  return {
    ...opaqueMembers(opaque, 'openai-chat'),
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(usage.cacheWriteTokens > 0 && { cache_write_tokens: usage.cacheWriteTokens }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

/** The first count that is above zero: servers send the names they do not fill as 0. */
function firstCount(...values: readonly unknown[]): number {
  for (const value of values) {
    const count = tokenCount(value)
    if (count > 0) return count
  }
  return 0
}
