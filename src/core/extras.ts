import { TOOL_CALLS_MAX } from './limits.ts'

/** What a vendor bills an answer by beside its tokens: calls of tools that it ran by itself. */
export interface Extras {
  readonly webSearches: number
  readonly fileSearches: number
}

const NONE: Extras = Object.freeze({ webSearches: 0, fileSearches: 0 })

/** To be spread into a usage: nothing where the answer has no extras, as most have none. */
export function extrasOf(parts: Partial<Extras>): { readonly extras?: Extras } {
  const extras = { ...NONE, ...parts }
  return extras.webSearches + extras.fileSearches === 0 ? {} : { extras }
}

/** What is known after another report: counts are cumulative and never sink. */
export function laterExtras(before: Extras | undefined, told: Extras | undefined): { readonly extras?: Extras } {
  if (before === undefined) return told === undefined ? {} : { extras: told }
  if (told === undefined) return { extras: before }
  return extrasOf({
    webSearches: Math.max(before.webSearches, told.webSearches),
    fileSearches: Math.max(before.fileSearches, told.fileSearches),
  })
}

/** Reads a count of calls off the wire: a number from 0 to `TOOL_CALLS_MAX` is floored, anything else is 0. */
export function callCount(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= TOOL_CALLS_MAX ? Math.floor(value) : 0
}
