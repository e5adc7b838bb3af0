import type { HoldOp, InflightNote, LedgerLine, LedgerOp, LedgerResult } from '../core/store.ts'
import type { OutboxEntry } from './outbox.ts'
import type { HoldLine } from './returns.ts'
import { ledgerLine } from './slice.ts'

/** Ids of six digits, to base 36, sort as they were made, and so do the rows that the ledger keeps by them. */
export const FIRST_SERIAL = 36 ** 5

/** Money set aside for one request. Whoever holds it settles or releases it once, in `finally`. */
export interface Hold {
  readonly id: string
  /** The output limit to send upstream: as asked, or clamped to what is left. */
  readonly outputTokens: number
  readonly lines: readonly HoldLine[]
  isClosed: boolean
  /** Once it is closed: whether what it did not need stays in its slices. */
  keepsRest: boolean
  /** On its way to the ledger, which has not heard of it: its bill may go in its place. */
  noted: NotedHold | null
}

export function openHold(id: string, outputTokens: number, lines: readonly HoldLine[]): Hold {
  return { id, outputTokens, lines, isClosed: false, keepsRest: false, noted: null }
}

/** Of a request that no budget counts. */
export function uncounted(outputTokens: number): Hold {
  return { ...openHold('', outputTokens, []), isClosed: true }
}

export function reserveOp({ id, lines }: Hold, isDispatched: boolean): HoldOp {
  const asked: LedgerLine[] = []
  for (const { slice, amount } of lines) asked.push(ledgerLine(slice, amount))
  return { kind: 'reserve', holdId: id, lines: asked, isDispatched }
}

/** What is done to the slices of a hold once the ledger has its reservation, or its bill. */
export interface HoldBooks {
  onReserved(lines: readonly HoldLine[], isAdvanced: boolean, result: LedgerResult): void
  onClosed(hold: Hold, result: LedgerResult): void
}

/** A reservation that nobody waits for, on its way to the ledger. */
export class NotedHold implements OutboxEntry {
  op: LedgerOp
  wasSent = false
  readonly #hold: Hold
  readonly #books: HoldBooks
  readonly #note: InflightNote
  /** The bill went in the reservation's place. */
  #isCharged = false

  constructor(hold: Hold, op: HoldOp, note: InflightNote, books: HoldBooks) {
    this.op = op
    this.#hold = hold
    this.#note = note
    this.#books = books
  }

  onResult(result: LedgerResult): void {
    this.#books.onReserved(this.#hold.lines, true, result)
    if (this.#isCharged) this.#books.onClosed(this.#hold, result)
    this.#note.erase()
  }

  /**
   * A request that was over before the ledger heard of it goes there as one operation, in the place of its reservation.
   *
   * @returns false if the ledger may know of the reservation, or nothing was spent
   */
  tryCharge(): boolean {
    const { id, lines, keepsRest } = this.#hold
    if (this.wasSent) return false
    let isFree = true
    const charged: number[] = []
    for (const { actual } of lines) {
      if (actual !== 0) isFree = false
      charged.push(actual)
    }
    if (isFree) return false
    this.op = { kind: 'charge', holdId: id, lines: this.op.lines, charged, keepsRest }
    this.#isCharged = true
    // Where there is no room for it, whoever ends the lease does not hear of the bill and charges what was set aside.
    this.#note.tryCharge(charged, keepsRest)
    return true
  }
}
