import { TOOL_CALLS_MAX } from './limits.ts'
import type { TokenCounts } from './token-counts.ts'

/** What a vendor bills an answer by, beside the number of its tokens. */
export interface Extras {
  /** Names of the rates it is billed at, where they may differ from the list price: a service tier, a speed, a region. */
  readonly rates: readonly string[]
  /** Calls of tools that the vendor ran by itself. */
  readonly webSearches: number
  readonly fileSearches: number
  /** The part of the output tokens that are pictures or sound. */
  readonly mediaTokens: number
  /** The whole cost as the server tells it, tokens included; `null` if it tells none. */
  readonly toldMicroUsd: number | null
  /** What other models used for this answer, billed at their prices; the counts of the whole include it. */
  readonly others: readonly OtherModel[]
}

/** Usage of another model than the one that answers, by its name at the same vendor; `''` if the vendor does not say. */
export interface OtherModel {
  readonly model: string
  readonly usage: TokenCounts
  readonly mediaTokens: number
}

const NONE: Extras = Object.freeze({
  rates: Object.freeze([]),
  webSearches: 0,
  fileSearches: 0,
  mediaTokens: 0,
  toldMicroUsd: null,
  others: Object.freeze([]),
})

/** Names of rates at which the list price holds. */
const LIST_PRICE_RATES: ReadonlySet<unknown> = new Set(['auto', 'default', 'standard', 'global', 'not_available'])

/** The extras as a member to spread into a usage; nothing if there are none, as for most answers. */
export function extrasOf(parts: Partial<Extras>): { readonly extras?: Extras } {
  return isEmpty(parts) ? NO_EXTRAS : { extras: { ...NONE, ...parts } }
}

const NO_EXTRAS = Object.freeze({})

function isEmpty({ rates, webSearches = 0, fileSearches = 0, mediaTokens = 0, others, toldMicroUsd }: Partial<Extras>) {
  const calls = webSearches + fileSearches + mediaTokens
  return calls + (rates?.length ?? 0) + (others?.length ?? 0) === 0 && (toldMicroUsd ?? null) === null
}

/** Merges a later report into an earlier one. Counts are cumulative, so that they never go down. */
export function laterExtras(before: Extras | undefined, told: Extras | undefined): { readonly extras?: Extras } {
  if (before === undefined) return told === undefined ? {} : { extras: told }
  if (told === undefined) return { extras: before }
  return extrasOf({
    rates: told.rates.length === 0 ? before.rates : told.rates,
    webSearches: Math.max(before.webSearches, told.webSearches),
    fileSearches: Math.max(before.fileSearches, told.fileSearches),
    mediaTokens: Math.max(before.mediaTokens, told.mediaTokens),
    toldMicroUsd: told.toldMicroUsd ?? before.toldMicroUsd,
    others: told.others.length < before.others.length ? before.others : told.others,
  })
}

/** Those of the wire's values that name another rate than the list price's. */
export function rateNames(...values: readonly unknown[]): readonly string[] {
  return values.filter(isOtherRate)
}

function isOtherRate(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !LIST_PRICE_RATES.has(value)
}

/** Reads a count of calls off the wire: a number from 0 to `TOOL_CALLS_MAX` is floored, anything else is 0. */
export function callCount(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= TOOL_CALLS_MAX ? Math.floor(value) : 0
}
