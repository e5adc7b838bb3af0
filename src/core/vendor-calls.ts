import { TOOL_CALLS_MAX } from './limits.ts'

/** Calls of tools that the vendor runs by itself and bills, as many as a request lets one answer have. */
export interface VendorCalls {
  readonly webSearches: number
  readonly fileSearches: number
  readonly advisors: readonly Advisor[]
}

/** Another model that the one that answers may ask, each time with all that was said. */
export interface Advisor {
  /** By its name at the same vendor; `''` where nobody says which. */
  readonly model: string
  readonly calls: number
  /** The longest that it answers, each time. */
  readonly outputTokens: number
}

/** A limit that a request may set, or what is assumed where it sets none. */
export function limitOr(assumed: number, value: unknown): number {
  const isLimit = typeof value === 'number' && value >= 0
  return isLimit ? Math.min(Math.floor(value), TOOL_CALLS_MAX) : assumed
}
