import { sql } from 'drizzle-orm'
import { windowEndMs } from '../budget/account-name.ts'
import { type Dialect, FORGOTTEN_AT_ONCE, int, listOf, type Program, text } from './program.ts'

/** Balances looked at in one transaction. */
const BALANCES_AT_ONCE = 200

/** One transaction's share of forgetting. */
export interface Pruned {
  /** Buckets that are gone. */
  readonly buckets: number
  /** The bucket after which the next piece begins; `null` at the end. */
  readonly after: string | null
}

/**
 * Forgets buckets whose window ended by `beforeWallMs`, some at a time. A balance is what its journal adds up to at
 * every moment: each piece of a long journal lowers it by what that piece had spent, and the last one takes it along.
 * So whoever is killed between two pieces leaves a sound ledger, and the next call goes on where this one was.
 *
 * @param after of the piece before; empty at the beginning
 */
export function* pruneProgram(dialect: Dialect, beforeWallMs: number, after: string): Program<Pruned> {
  const balances = yield sql`
    select bucket, account, window_index from budget_balance where bucket > ${after}
    order by bucket limit ${BALANCES_AT_ONCE}`
  const last = balances[BALANCES_AT_ONCE - 1]
  const next = last === undefined ? null : text(last, 'bucket')
  const ended = balances
    .filter(
      (row) => windowEndMs({ account: text(row, 'account'), windowIndex: int(row, 'window_index') }) <= beforeWallMs,
    )
    .map((row) => text(row, 'bucket'))
  if (ended.length === 0) return { buckets: 0, after: next }
  const unused = yield sql`
    select bucket from budget_balance where bucket in ${listOf(dialect, ended)} and held = 0 and leased = 0
    order by bucket ${dialect.forUpdate}`
  const closed = unused.map((row) => text(row, 'bucket'))
  const whole = dialect.isEmbedded ? yield* emptied(closed) : closed
  yield* forget(dialect, whole)
  return { buckets: whole.length, after: whole.length < closed.length ? (whole.at(-1) ?? after) : next }
}

/** Takes entries out of the buckets, in their order, up to a limit. @returns those that have none left */
function* emptied(buckets: readonly string[]): Program<readonly string[]> {
  const empty: string[] = []
  let room = FORGOTTEN_AT_ONCE
  for (const bucket of buckets) {
    // All entries of a hold leave together: together they leave nothing held.
    const gone = yield sql`
      delete from journal where bucket = ${bucket} and hold_id <= (
        select max(hold_id) from (select hold_id from journal where bucket = ${bucket} order by hold_id limit ${room})
      ) returning case when to_side = 'spent' then amount when from_side = 'spent' then -amount else 0 end as spent`
    room -= gone.length
    if (room <= 0) {
      const spent = gone.reduce((sum, row) => sum + int(row, 'spent'), 0)
      yield sql`update budget_balance set spent = spent - ${spent} where bucket = ${bucket}`
      break
    }
    empty.push(bucket)
  }
  return empty
}

function* forget(dialect: Dialect, buckets: readonly string[]): Program<void> {
  if (buckets.length === 0) return
  const names = listOf(dialect, buckets)
  yield sql`delete from journal where bucket in ${names}`
  yield sql`delete from budget_slice where bucket in ${names}`
  yield sql`delete from budget_balance where bucket in ${names}`
}
