import type { HoldOp, InflightNotes, LedgerResult } from '../core/store.ts'
import type { OutboxEntry } from './outbox.ts'
import type { Return } from './returns.ts'
import { type HoldLine, ledgerLine } from './slice.ts'

/** Ids of six digits, to base 36, sort as they were made, and so do the rows that the ledger keeps by them. */
export const FIRST_SERIAL = 36 ** 5

/** Money set aside for one request. Whoever holds it settles or releases it once, in `finally`. */
export interface Hold {
  readonly id: string
  /** The output limit to send upstream: as asked, or clamped to what is left. */
  readonly outputTokens: number
  readonly lines: readonly HoldLine[]
  isClosed: boolean
  /** On its way to the ledger, which has not heard of it: its bill may go in its place. */
  noted: Noted | null
}

export interface Noted {
  readonly entry: OutboxEntry
  erase: () => void
  /** Told together with the reservation, if the bill went in its place. */
  onCharged: ((result: LedgerResult) => void) | null
}

/** Of a request that no budget counts. */
export function uncounted(outputTokens: number): Hold {
  return { id: '', outputTokens, lines: [], isClosed: true, noted: null }
}

export function reserveOp({ id, lines }: Hold, isDispatched: boolean): HoldOp {
  const asked = lines.map(({ slice, amount }) => ledgerLine(slice, amount))
  return { kind: 'reserve', holdId: id, lines: asked, isDispatched }
}

interface ClosingBill {
  readonly returns: readonly Return[]
  readonly keepsRest: boolean
  readonly onCharged: (result: LedgerResult) => void
}

/**
 * A request that was over before the ledger heard of it goes there as one operation, in the place of its reservation.
 *
 * @returns false if the ledger may know of the reservation, or nothing was spent
 */
export function tryCharge(
  { id, noted }: Hold,
  { returns, keepsRest, onCharged }: ClosingBill,
  notes: InflightNotes | null,
): boolean {
  if (noted === null || noted.entry.wasSent || returns.every(({ actual }) => actual === 0)) return false
  const { lines } = noted.entry.op
  const op = { kind: 'charge', holdId: id, lines, charged: returns.map(({ actual }) => actual), keepsRest } as const
  noted.entry.op = op
  noted.onCharged = onCharged
  // Until the new note stands, the old one does: a process that is killed between has noted both, which is charged once.
  const erase = notes?.tryNote(op) ?? null
  if (erase === null) return true
  noted.erase()
  noted.erase = erase
  return true
}
