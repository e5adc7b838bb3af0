import type { LedgerResult } from '../core/store.ts'
import type { Hold, HoldBooks } from './hold.ts'
import type { Outbox } from './outbox.ts'
import { endReturn } from './returns.ts'
import { confirm, ledgerLine, type Share, type Slice, unask, untake, wholeOf } from './slice.ts'

/** What the ledger's answers do to the slices, and what goes back to it of them. */
export interface SliceBooks extends HoldBooks {
  /** Sends so much of these slices back. */
  giveBack(surplus: readonly Share[]): void
  /** Sends all of them back that is free. */
  giveBackAll(slices: readonly Slice[]): void
}

/** @param onUsed told of what the ledger says is used of a slice's bucket */
export function openSliceBooks(outbox: Pick<Outbox, 'push'>, onUsed: (slice: Slice, used: number) => void): SliceBooks {
  function onReserved(lines: readonly Share[], isAdvanced: boolean, result: LedgerResult): void {
    if (result.kind === 'refused') {
      if (isAdvanced) untake(lines)
      else unask(lines, false)
      return returnRetired(lines)
    }
    if (!isAdvanced) unask(lines, true)
    lines.forEach(({ slice, amount }, i) => {
      const state = result.lines[i]
      if (state === undefined) return
      if (isAdvanced) {
        slice.advanced -= amount
        slice.pending -= amount
      }
      slice.free += isAdvanced ? state.granted : state.granted - amount
      slice.isIdle = false
      confirm(slice, state)
      onUsed(slice, state.used)
    })
    returnRetired(lines)
  }

  function onClosed({ lines, keepsRest }: Hold, result: LedgerResult): void {
    for (const line of lines) endReturn(line, keepsRest)
    confirmAll(lines, result)
  }

  function confirmAll(lines: readonly Share[], result: LedgerResult): void {
    if (result.kind !== 'done') return
    for (const [i, { slice }] of lines.entries()) {
      const state = result.lines[i]
      if (state !== undefined) confirm(slice, state)
    }
    returnRetired(lines)
  }

  /** A slice that was forgotten while a grant was on its way must not keep it. */
  function returnRetired(lines: readonly Share[]): void {
    for (const { slice } of lines)
      if (slice.isRetired && !slice.isForgotten && slice.unconfirmed === 0) giveBackAll([slice])
  }

  function giveBackAll(slices: readonly Slice[]): void {
    giveBack(slices.map(wholeOf).filter((line) => line.amount > 0))
  }

  function giveBack(surplus: readonly Share[]): void {
    if (surplus.length === 0) return
    for (const { slice, amount } of surplus) {
      slice.free -= amount
      slice.unconfirmed++
    }
    const lines = surplus.map(({ slice, amount }) => ledgerLine(slice, amount))
    outbox.push({ op: { kind: 'trim', lines }, wasSent: false, onResult: (result) => confirmAll(surplus, result) })
  }

  return { onReserved, onClosed, giveBack, giveBackAll }
}
