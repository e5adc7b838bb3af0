import { nextTurn } from '../core/clock.ts'
import type { UsageRow, UsageStore } from '../core/store.ts'

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

/** Collects usage rows off the request path. What the store did not take stays, in order, and is sent again. */
export function openUsageWriter(
  store: Pick<UsageStore, 'insertUsage'>,
  onFault: (cause: unknown) => void,
): UsageWriter {
  let rows: UsageRow[] = []
  let writing: Promise<boolean> | null = null

  async function write(): Promise<boolean> {
    try {
      while (rows.length > 0) {
        const batch = rows.slice(0, USAGE_ROWS_AT_ONCE)
        await store.insertUsage(batch)
        rows = rows.slice(batch.length)
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

  return {
    add(row) {
      if (rows.length >= USAGE_ROWS_WAITING_MAX) return false
      rows.push(row)
      return true
    },
    flush() {
      writing ??= write()
      return writing
    },
    waiting: () => rows.length,
  }
}
