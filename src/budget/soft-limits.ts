import { bucketKey } from './ledger-draft.ts'
import type { Slice } from './slice.ts'

/** Buckets whose soft limit was told; forgotten together, at the price of telling again. */
const TOLD_MAX = 20_000

/** Tells once per bucket that it has reached its soft limit. @returns to be called with what the store says is used */
export function openSoftLimits(
  onSoftLimit: (slice: Slice, used: number) => void,
): (slice: Slice, used: number) => void {
  const told = new Set<string>()
  return (slice, used) => {
    const { cap, softRatio } = slice.account.rule
    if (used < cap * softRatio) return
    const bucket = bucketKey(slice.account.name, slice.window.index)
    if (told.has(bucket)) return
    if (told.size >= TOLD_MAX) told.clear()
    told.add(bucket)
    onSoftLimit(slice, used)
  }
}
