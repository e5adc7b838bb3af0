import { TOOL_CALLS_MAX } from './limits.ts'
import type { TokenCounts } from './token-counts.ts'

/** What a vendor bills an answer by beside its tokens. */
export interface Extras {
  /** Names of what it was made at, which may have prices of its own: a tier of service, a speed, a country. */
  readonly rates: readonly string[]
  /** Calls of tools that the vendor ran by itself. */
  readonly webSearches: number
  readonly fileSearches: number
  /** The part of the output tokens that are pictures or sound. */
  readonly mediaTokens: number
  /** All that the server says it takes, tokens included; `null` where it does not say. */
  readonly toldMicroUsd: number | null
  /** What other models used of it, which has their prices; the counts of the whole include it. */
  readonly others: readonly OtherModel[]
}

/** What a model beside the one that answers used, by its name at the same vendor; `''` where nobody says which. */
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

/** What the list prices are for. */
const PLAIN: ReadonlySet<unknown> = new Set(['auto', 'default', 'standard', 'global', 'not_available'])

/** To be spread into a usage: nothing where the answer has no extras, as most have none. */
export function extrasOf(parts: Partial<Extras>): { readonly extras?: Extras } {
  return isPlain(parts) ? PLAINLY : { extras: { ...NONE, ...parts } }
}

const PLAINLY = Object.freeze({})

function isPlain({ rates, webSearches = 0, fileSearches = 0, mediaTokens = 0, others, toldMicroUsd }: Partial<Extras>) {
  const calls = webSearches + fileSearches + mediaTokens
  return calls + (rates?.length ?? 0) + (others?.length ?? 0) === 0 && (toldMicroUsd ?? null) === null
}

/** What is known after another report: counts are cumulative and never sink. */
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

/** Those of a wire's members that name something beside the plain. */
export function rateNames(...values: readonly unknown[]): readonly string[] {
  return values.filter(isTelling)
}

function isTelling(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !PLAIN.has(value)
}

/** Reads a count of calls off the wire: a number from 0 to `TOOL_CALLS_MAX` is floored, anything else is 0. */
export function callCount(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= TOOL_CALLS_MAX ? Math.floor(value) : 0
}
