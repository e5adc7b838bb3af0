import { callCount, extrasOf, type OtherModel, rateNames } from '../../core/extras.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { TOOL_CALLS_MAX } from '../../core/limits.ts'
import type { TokenCounts } from '../../core/token-counts.ts'
import { tokenCount, type Usage } from '../../core/usage.ts'
import { toldCost } from '../told-cost.ts'
import { rest } from './rest.ts'

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
  opaque(): Json | undefined
}

/**
 * Reports are cumulative, but a later one may leave out, null or zero what an earlier one told: such a field says
 * nothing. Input counts are replaced by a later figure, since some servers guess first; output never sinks. What
 * stands apart from the totals is billed too.
 */
export function openUsageTally(): UsageTally {
  let total = NONE
  let apart = NONE
  let reasoningTokens = 0
  let webSearches = 0
  let speed: unknown
  let geo: unknown
  let toldMicroUsd: number | null = null
  let others: readonly OtherModel[] = []
  let isReported = false
  let opaque: Json | undefined

  function usage(): Usage {
    return {
      ...usageOf(sumOf(total, apart), reasoningTokens),
      ...extrasOf({ rates: rateNames(speed, geo), webSearches, toldMicroUsd, others }),
    }
  }

  return {
    add(value) {
      const wire = tryObject(value)
      if (wire === null) return false
      const before = usage()
      const { iterations } = wire
      total = later(total, countsOf(wire))
      if (Array.isArray(iterations)) {
        apart = later(apart, countsApart(iterations))
        const told = othersOf(iterations)
        if (told.length >= others.length) others = told
      }
      reasoningTokens = Math.max(reasoningTokens, tokenCount(tryObject(wire.output_tokens_details)?.thinking_tokens))
      webSearches = Math.max(webSearches, callCount(tryObject(wire.server_tool_use)?.web_search_requests))
      speed = wire.speed ?? speed
      geo = wire.inference_geo ?? geo
      toldMicroUsd = toldCost(wire) ?? toldMicroUsd
      const unknown = rest(wire, MODELLED)
      const merged = unknown === undefined ? opaque : { ...opaque, ...unknown }
      const isNews = unknown !== undefined && JSON.stringify(merged) !== JSON.stringify(opaque)
      opaque = merged
      const isChanged = isNews || isOther(before, usage())
      isReported ||= isChanged
      return isChanged
    },
    usage: () => (isReported ? usage() : null),
    opaque: () => opaque,
  }
}

interface Counts {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite1h: number
  readonly output: number
}

const NONE: Counts = Object.freeze({ input: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0 })

/** Iterations that the totals leave out. */
const APART: ReadonlySet<unknown> = new Set(['compaction', 'advisor_message'])

/**
 * What a compaction and an advisor used, which stands in `iterations` alone.
 *
 * @see Anthropic, "Compaction at a token threshold", understanding usage; "Advisor tool", usage and billing; 2026
 */
function countsApart(iterations: readonly unknown[]): Counts {
  return iterations
    .map((one) => tryObject(one) ?? {})
    .filter(({ type }) => APART.has(type))
    .map(countsOf)
    .reduce(sumOf, NONE)
}

/** Iterations of another model than the one that was asked. */
const OTHERS: ReadonlySet<unknown> = new Set(['advisor_message', 'fallback_message'])

/**
 * What an advisor used, and the model that answered in place of one that would not: another model, and billed as such.
 *
 * @see Anthropic, "Refusals and fallback", 2026: the totals name and count who answered, at that model's price
 */
function othersOf(iterations: readonly unknown[]): readonly OtherModel[] {
  return iterations.slice(0, TOOL_CALLS_MAX).flatMap((value) => {
    const one = tryObject(value) ?? {}
    const model = OTHERS.has(one.type) ? textOf(one.model) : ''
    return model === '' ? [] : [{ model, usage: usageOf(countsOf(one), 0), mediaTokens: 0 }]
  })
}

function usageOf(counts: Counts, reasoningTokens: number): TokenCounts {
  return {
    inputTokens: counts.input,
    cacheReadTokens: counts.cacheRead,
    cacheWriteTokens: counts.cacheWrite,
    cacheWrite1hTokens: Math.min(counts.cacheWrite1h, counts.cacheWrite),
    outputTokens: counts.output,
    reasoningTokens: Math.min(reasoningTokens, counts.output),
  }
}

function sumOf(one: Counts, two: Counts): Counts {
  return {
    input: one.input + two.input,
    cacheRead: one.cacheRead + two.cacheRead,
    cacheWrite: one.cacheWrite + two.cacheWrite,
    cacheWrite1h: one.cacheWrite1h + two.cacheWrite1h,
    output: one.output + two.output,
  }
}

function countsOf(wire: Json): Counts {
  const split = tryObject(wire.cache_creation)
  const cacheWrite1h = tokenCount(split?.ephemeral_1h_input_tokens)
  return {
    input: tokenCount(wire.input_tokens),
    cacheRead: tokenCount(wire.cache_read_input_tokens),
    cacheWrite:
      tokenCount(wire.cache_creation_input_tokens) || tokenCount(split?.ephemeral_5m_input_tokens) + cacheWrite1h,
    cacheWrite1h,
    output: tokenCount(wire.output_tokens),
  }
}

function later(before: Counts, told: Counts): Counts {
  return {
    input: told.input || before.input,
    cacheRead: told.cacheRead || before.cacheRead,
    cacheWrite: told.cacheWrite || before.cacheWrite,
    cacheWrite1h: told.cacheWrite1h || before.cacheWrite1h,
    output: Math.max(before.output, told.output),
  }
}

function isOther(before: Usage, now: Usage): boolean {
  return (
    before.inputTokens !== now.inputTokens ||
    before.cacheReadTokens !== now.cacheReadTokens ||
    before.cacheWriteTokens !== now.cacheWriteTokens ||
    before.cacheWrite1hTokens !== now.cacheWrite1hTokens ||
    before.outputTokens !== now.outputTokens ||
    before.reasoningTokens !== now.reasoningTokens
  )
}

/**
 * The wire's `usage`, input side included, since clients of a translated stream learn it only at the end. Iterations that
 * are told beside it stay apart from its totals.
 */
export function encodeUsage(usage: Usage, others: Json): Json {
  const apart = Array.isArray(others.iterations) ? countsApart(others.iterations) : NONE
  const cacheWriteTokens = usage.cacheWriteTokens - apart.cacheWrite
  const cacheWrite1hTokens = usage.cacheWrite1hTokens - apart.cacheWrite1h
  const { reasoningTokens } = usage
  return {
    ...others,
    input_tokens: usage.inputTokens - apart.input,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens - apart.cacheRead,
    ...(cacheWrite1hTokens > 0 && {
      cache_creation: {
        ephemeral_5m_input_tokens: cacheWriteTokens - cacheWrite1hTokens,
        ephemeral_1h_input_tokens: cacheWrite1hTokens,
      },
    }),
    output_tokens: usage.outputTokens - apart.output,
    ...(reasoningTokens > 0 && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}
