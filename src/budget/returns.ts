import { type Amounts, amountOf } from './estimate.ts'
import type { Slice } from './slice.ts'

/** What a closed hold gives back to one of its slices, while its bill is on its way to the store. */
export interface Return {
  readonly slice: Slice
  readonly estimate: number
  readonly actual: number
  /** `slice.losses` at the beginning. */
  readonly losses: number
}

/** @param amounts `null` if nothing was spent */
export function openReturn(slice: Slice, estimate: number, amounts: Amounts | null): Return {
  return { slice, estimate, actual: amounts === null ? 0 : amountOf(slice, amounts), losses: slice.losses }
}

/** Whether the slice may keep what is left over. */
export function hasRoom({ slice, estimate, actual }: Return): boolean {
  return !slice.isRetired && Math.max(0, slice.free) + slice.returning + Math.max(0, estimate - actual) <= slice.max
}

export function beginReturn({ slice, estimate, actual }: Return, keepsRest: boolean): void {
  slice.unconfirmed++
  slice.pending += actual - estimate
  if (keepsRest) slice.returning += Math.max(0, estimate - actual)
}

/** The store has the bill. What a lease that was lost meanwhile would have kept is gone with it. */
export function endReturn({ slice, estimate, actual, losses }: Return, keepsRest: boolean): void {
  slice.pending += estimate - actual
  if (!keepsRest) return
  const rest = Math.max(0, estimate - actual)
  slice.returning -= rest
  if (slice.losses === losses) slice.free += rest
}
