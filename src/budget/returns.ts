import { type Amounts, amountOf } from './estimate.ts'
import type { Share, Slice } from './slice.ts'

/** What a hold sets aside of one slice, and what becomes of that once it is closed and its bill on its way to the store. */
export interface HoldLine extends Share {
  /** What it came to. */
  actual: number
  /** `slice.losses` when it was set aside. */
  losses: number
}

export function openLine(slice: Slice, amounts: Amounts): HoldLine {
  return { slice, amount: amountOf(slice, amounts), actual: 0, losses: slice.losses }
}

/** @param amounts `null` if nothing was spent */
export function openReturn(line: HoldLine, amounts: Amounts | null): void {
  line.actual = amounts === null ? 0 : amountOf(line.slice, amounts)
}

/** Whether the slice may keep what is left over: what was set aside before its lease was lost was charged with that. */
export function hasRoom({ slice, amount, actual, losses }: HoldLine): boolean {
  if (slice.isRetired || slice.losses !== losses) return false
  return Math.max(0, slice.free) + slice.returning + Math.max(0, amount - actual) <= slice.max
}

export function beginReturn({ slice, amount, actual }: HoldLine, keepsRest: boolean): void {
  slice.unconfirmed++
  slice.pending += actual - amount
  if (keepsRest) slice.returning += Math.max(0, amount - actual)
}

/** The store has the bill. What a lease that was lost meanwhile would have kept is gone with it. */
export function endReturn({ slice, amount, actual, losses }: HoldLine, keepsRest: boolean): void {
  slice.pending += amount - actual
  if (!keepsRest) return
  const rest = Math.max(0, amount - actual)
  slice.returning -= rest
  if (slice.losses === losses) slice.free += rest
}
