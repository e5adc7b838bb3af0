import type { LedgerLine, LineState } from '../core/store.ts'
import type { Account } from './rule.ts'
import { type TimeWindow, windowAt } from './window.ts'

/**
 * What this process may spend of one bucket without asking the store. Amounts in the account's unit.
 * `free` may be below zero for a moment, after the store took a lease back; nothing is spent from it then.
 */
export interface Slice {
  /** Another one after a change of rules, of the same name. */
  account: Account
  readonly window: TimeWindow
  free: number
  /** The store's advice: what is free beyond this goes back. */
  max: number
  /** Spent and held of the whole bucket, as the store last said. */
  used: number
  /** What `used` does not know yet: reservations and bills of this process that are on their way to the store. */
  pending: number
  /** What closed holds leave to `free` once the store has their bills. */
  returning: number
  /** How often the lease was lost. */
  losses: number
  /** Operations on this slice that the store has not confirmed. */
  unconfirmed: number
  /** Of those, reservations that `free` did not cover: the store may give them what is free here. */
  asking: number
  /** Part of `unconfirmed` that was taken out of `free` in advance. */
  advanced: number
  isIdle: boolean
  /** It left, by idleness or the end of its window: whatever still arrives goes back. */
  isRetired: boolean
  /** It left for good: another one may have its bucket, and is told of what the store has there. */
  isForgotten: boolean
  /** A refusal does not say what the store has here: it may be more than `free`. */
  isUnsure: boolean
}

/** So much of one slice. */
export interface Share {
  readonly slice: Slice
  readonly amount: number
}

export function openSlice(account: Account, wallMs: number): Slice {
  const window = windowAt(account.rule.window, wallMs)
  const nothing = { free: 0, max: 0, used: 0, pending: 0, returning: 0, losses: 0 }
  const signs = { isIdle: false, isRetired: false, isForgotten: false, isUnsure: false }
  return { account, window, ...nothing, unconfirmed: 0, asking: 0, advanced: 0, ...signs }
}

export function isCurrent(slice: Slice, wallMs: number): boolean {
  return wallMs >= slice.window.startWallMs && wallMs < slice.window.endWallMs
}

/** Takes every line, or none. @returns whether they were taken */
export function take(lines: readonly Share[]): boolean {
  for (const line of lines) if (line.slice.free < line.amount) return false
  for (const { slice, amount } of lines) {
    slice.free -= amount
    slice.advanced += amount
    slice.pending += amount
    slice.unconfirmed++
    slice.isIdle = false
  }
  return true
}

/** The store said no, after all: what was taken in advance is put back. */
export function untake(lines: readonly Share[]): void {
  for (const { slice, amount } of lines) {
    slice.free += amount
    slice.advanced -= amount
    slice.pending -= amount
    slice.unconfirmed--
    slice.isUnsure = true
  }
}

/** The store is asked for what is not covered. */
export function ask(lines: readonly Share[]): void {
  for (const { slice } of lines) {
    slice.unconfirmed++
    slice.asking++
  }
}

/** The store has answered, or is not asked after all. What it confirmed is counted by `confirm`. */
export function unask(lines: readonly Share[], isConfirmed: boolean): void {
  for (const { slice } of lines) {
    slice.asking--
    if (isConfirmed) continue
    slice.unconfirmed--
    slice.isUnsure = true
  }
}

/** Takes over what the store says about a slice, once nothing else is on its way there. */
export function confirm(slice: Slice, state: LineState): void {
  slice.unconfirmed--
  slice.max = state.sliceMax
  slice.used = state.used
  if (slice.unconfirmed > 0 || slice.isForgotten) return
  slice.free = state.sliceFree
  slice.isUnsure = false
}

/**
 * All that goes back of a slice: the store takes no more than it has there. Not what was taken in advance, which the
 * store may come to know later than that this went back.
 */
export function wholeOf(slice: Slice): Share {
  const isMoreThere = slice.isUnsure && slice.advanced === 0
  return { slice, amount: isMoreThere ? Math.max(slice.free, slice.account.rule.cap) : slice.free }
}

/** The lease is gone. What was taken in advance and is still on its way will be leased anew. */
export function voidSlice(slice: Slice): void {
  slice.free = -slice.advanced
  slice.max = 0
  slice.losses++
}

export function ledgerLine(slice: Slice, amount: number): LedgerLine {
  return { account: slice.account.name, windowIndex: slice.window.index, cap: slice.account.rule.cap, amount }
}
