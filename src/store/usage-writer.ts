import { nextTurn } from '../core/clock.ts'
import { isRefusal, type Store, StoreError, type UsageRow } from '../core/store.ts'

/** Rows that wait for a store that is down: some 30 MB, an hour at 14 requests per second. */
export const USAGE_ROWS_WAITING_MAX = 50_000

/** Rows in one write: an embedded store does that in this thread, in about a millisecond. */
export const USAGE_ROWS_AT_ONCE = 150

export interface UsageWriter {
  /** Keeps the row for the next write. Never waits, never throws. @returns false if there was no room: it is lost */
  add(row: UsageRow): boolean
  /** Writes all that waits. Call every second, and once at the end. @returns false if the store is down */
  flush(): Promise<boolean>
  waiting(): number
}

/**
 * Collects usage rows off the request path. What the store did not take stays, in order, and is sent again. A row that it
 * refuses by itself keeps no other waiting: it stays behind them, and is tried again by one a flush.
 */
export function openUsageWriter(
  store: Pick<Store, 'insertUsage' | 'check'>,
  onFault: (cause: unknown) => void,
): UsageWriter {
  let rows: UsageRow[] = []
  const refused: UsageRow[] = []
  /** So many of the first are sent one by one: the store refused them together. */
  let alone = 0
  let writing: Promise<boolean> | null = null

  async function write(): Promise<boolean> {
    try {
      await writeRefused()
      while (rows.length > 0) {
        await writeNext()
        if (rows.length > 0) await nextTurn()
      }
      return true
    } catch (cause) {
      onFault(cause)
      return false
    } finally {
      writing = null
    }
  }

  async function writeNext(): Promise<void> {
    const batch = rows.slice(0, alone > 0 ? 1 : USAGE_ROWS_AT_ONCE)
    if (alone > 0) alone--
    try {
      await store.insertUsage(batch)
    } catch (cause) {
      if (!isRefusal(cause)) throw cause
      if (batch.length > 1) {
        alone = batch.length
        return
      }
      // A store that takes nothing at all refuses all, and not this one.
      await store.check()
      refused.push(...batch)
      onFault(new StoreError('other', 'the store refuses a usage row, which waits behind the others', { cause }))
    }
    rows = rows.slice(batch.length)
  }

  /** The first of them, and the next as long as they are taken after all. */
  async function writeRefused(): Promise<void> {
    for (let [row] = refused; row !== undefined; [row] = refused) {
      try {
        await store.insertUsage([row])
      } catch (cause) {
        if (!isRefusal(cause)) throw cause
        refused.push(...refused.splice(0, 1))
        return
      }
      refused.shift()
    }
  }

  const waiting = (): number => rows.length + refused.length

  return {
    add(row) {
      if (waiting() >= USAGE_ROWS_WAITING_MAX) return false
      rows.push(row)
      return true
    },
    flush() {
      writing ??= write()
      return writing
    },
    waiting,
  }
}
