import type { SQL as Client, ReservedSQL } from 'bun'
import type { Scheduler } from '../core/clock.ts'
import { StoreError } from '../core/store.ts'

/**
 * Runs what needs one connection to itself. Where that takes longer the connection is given up, so that nothing more is
 * sent on it: a network that drops what is sent would keep it, and whoever waits, for a quarter of an hour.
 *
 * @param limitMs for the wait for a connection and the work together; `null` for work that may take long
 * @throws StoreError `unreachable` after the limit: what was sent may be done all the same
 */
export async function withConnection<Result>(
  { client, scheduler }: { readonly client: Client; readonly scheduler: Scheduler },
  limitMs: number | null,
  run: (connection: ReservedSQL) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController()
  let connection: ReservedSQL | null = null
  const cancel =
    limitMs === null
      ? null
      : scheduler.after(limitMs, () => {
          late.abort(new StoreError('unreachable', `PostgreSQL does not answer within ${limitMs} ms`))
          void connection?.close()
        })
  try {
    connection = await client.reserve({ signal: late.signal })
    late.signal.throwIfAborted()
    return await run(connection)
  } catch (cause) {
    throw late.signal.aborted ? late.signal.reason : cause
  } finally {
    cancel?.()
    await connection?.release()
  }
}
