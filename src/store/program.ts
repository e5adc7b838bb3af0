import { type SQL, sql } from 'drizzle-orm'
import type { QueryText } from './query-text.ts'

export type Row = Readonly<Record<string, unknown>>

/**
 * Work inside one transaction: yields a query, is handed its rows. Written once for every database; SQLite runs it
 * without leaving the event loop's turn, so that nothing comes between its statements.
 */
export type Program<Result> = Generator<Query, Result, readonly Row[]>

/**
 * Changes; a report of several statements that must see the same; one of a single statement, which needs no transaction;
 * a single statement that reads a few rows, for which a request waits. Reports may take long.
 */
export type Access = 'write' | 'report' | 'report one' | 'read one'

/** A query to be compiled, or one that its dialect has compiled already. */
export type Query = SQL | QueryText

/** Rows for one table. */
export interface Insert {
  /** `table (column, …)`. */
  readonly into: string
  /** One row after the other. */
  readonly values: readonly (string | number)[]
  /** As for `unpack`, one for each column. */
  readonly types: string
  /** What follows the values: `on conflict …`, or nothing. */
  readonly onConflict: string
}

/** What differs between databases in the text of a program. */
export interface Dialect {
  /** The database works in this thread: what may be a lot is done in pieces, between which others have their turn. */
  readonly isEmbedded: boolean
  /** Locks the selected rows until the transaction ends; empty where a transaction locks everything anyway. */
  readonly forUpdate: SQL
  /** The same, passing over rows that somebody else has locked. */
  readonly forUpdateSkipLocked: SQL
  /**
   * A `select` of rows given as one JSON parameter, so that a bulk of any size is one statement with one text.
   * Column types in order: `t` text, `i` integer.
   */
  unpack(rows: readonly (readonly (string | number)[])[], types: string): SQL
  /** Inserts them all, if there are any, in whichever way is quickest there. */
  insert(insert: Insert): Program<void>
}

/** The values as a subquery of one text column, for `in`. */
export function listOf(dialect: Dialect, values: readonly string[]): SQL {
  return sql`(${dialect.unpack(
    values.map((value) => [value]),
    't',
  )})`
}

/** Rows that an embedded database forgets in one transaction: a millisecond or two of this thread. */
export const FORGOTTEN_AT_ONCE = 1_000

export function runSync<Result>(program: Program<Result>, run: (query: Query) => readonly Row[]): Result {
  let step = program.next()
  while (!step.done) step = program.next(run(step.value))
  return step.value
}

export async function runAsync<Result>(
  program: Program<Result>,
  run: (query: Query) => Promise<readonly Row[]>,
): Promise<Result> {
  let step = program.next()
  while (!step.done) step = program.next(await run(step.value))
  return step.value
}

/** Integers come as number from SQLite and as text from PostgreSQL. */
export function int(row: Row | undefined, column: string): number {
  const value = Number(row?.[column] ?? 0)
  if (!Number.isSafeInteger(value)) throw new Error(`invariant broken: column ${column} is no safe integer`)
  return value
}

export function text(row: Row, column: string): string {
  return String(row[column] ?? '')
}
