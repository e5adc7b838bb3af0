import { tokenCount, type Usage } from '../../core/usage.ts'
import { asWire, rest, type Wire } from './wire.ts'

const MODELLED = new Set([
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'cache_creation',
  'output_tokens_details',
])

/** Usage of one stream, folded from the reports of `message_start` and every `message_delta`. */
export interface UsageTally {
  /** True if the report told anything new. */
  add(wire: unknown): boolean
  /** Cumulative so far; `null` until a report said anything. */
  usage(): Usage | null
  /** Unmodelled members (server tools, service tier, iterations), the latest of each. */
  opaque(): Wire | undefined
}

/**
 * Reports are cumulative, but a later one may leave out, null or zero what an earlier one told: such a field says
 * nothing. Input counts are replaced by a later figure, since some servers guess first; output never sinks.
 */
export function openUsageTally(): UsageTally {
  let inputTokens = 0
  let cacheReadTokens = 0
  let cacheWriteTokens = 0
  let cacheWrite1hTokens = 0
  let outputTokens = 0
  let reasoningTokens = 0
  let isReported = false
  let opaque: Wire | undefined

  return {
    add(value) {
      const wire = asWire(value)
      if (wire === null) return false
      const before = [inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens, outputTokens, reasoningTokens]
      const split = asWire(wire.cache_creation)
      const write5mTokens = tokenCount(split?.ephemeral_5m_input_tokens)
      const write1hTokens = tokenCount(split?.ephemeral_1h_input_tokens)
      inputTokens = tokenCount(wire.input_tokens) || inputTokens
      cacheReadTokens = tokenCount(wire.cache_read_input_tokens) || cacheReadTokens
      cacheWriteTokens =
        tokenCount(wire.cache_creation_input_tokens) || write5mTokens + write1hTokens || cacheWriteTokens
      cacheWrite1hTokens = Math.min(write1hTokens || cacheWrite1hTokens, cacheWriteTokens)
      outputTokens = Math.max(outputTokens, tokenCount(wire.output_tokens))
      const thinking = tokenCount(asWire(wire.output_tokens_details)?.thinking_tokens)
      reasoningTokens = Math.min(Math.max(reasoningTokens, thinking), outputTokens)
      const others = rest(wire, MODELLED)
      const merged = others === undefined ? opaque : { ...opaque, ...others }
      const isNews = others !== undefined && JSON.stringify(merged) !== JSON.stringify(opaque)
      opaque = merged
      const after = [inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens, outputTokens, reasoningTokens]
      const isChanged = isNews || after.some((count, i) => count !== before[i])
      isReported ||= isChanged
      return isChanged
    },
    usage: () =>
      isReported
        ? { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens, outputTokens, reasoningTokens }
        : null,
    opaque: () => opaque,
  }
}

/** The wire's `usage`, input side included, since clients of a translated stream learn it only at the end. */
export function encodeUsage(usage: Usage, others: Wire): Wire {
  const { cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } = usage
  return {
    ...others,
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    ...(cacheWrite1hTokens > 0 && {
      cache_creation: {
        ephemeral_5m_input_tokens: cacheWriteTokens - cacheWrite1hTokens,
        ephemeral_1h_input_tokens: cacheWrite1hTokens,
      },
    }),
    output_tokens: usage.outputTokens,
    ...(reasoningTokens > 0 && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}
