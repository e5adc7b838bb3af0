import { Database } from 'bun:sqlite'
import type { ResponseCacheStore } from '../core/store.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'

/** The use of an answer is written down at most this often, so that a hit is a read. */
const USED_EVERY_MS = 60_000

/** Answers that are too old and leave with a new one: more than come, and a millisecond or two of this thread. */
const FORGOTTEN_AT_ONCE = 20

export interface SqliteResponseCacheOptions {
  /** The store's own file, already migrated by it; or `:memory:`. */
  readonly path: string
  readonly bytesMax: number
  readonly ageMaxMs: number
  readonly onFault: (cause: unknown) => void
  /** Told at the start and after each change. */
  readonly onSize?: (entries: number, bytes: number) => void
}

/**
 * Answers kept in the embedded file, bounded by bytes and age; the least recently used leave first. Its own connection,
 * so that it never stands inside a transaction of the ledger. What a locked or full file does not take is not kept.
 */
export function openSqliteResponseCache(options: SqliteResponseCacheOptions): ResponseCacheStore & { close(): void } {
  const database = new Database(options.path, { create: true, readwrite: true, strict: true })
  if (options.path === ':memory:') for (const migration of SQLITE_MIGRATIONS) database.run(migration)
  database.run('pragma busy_timeout = 5')
  database.run('pragma synchronous = normal')
  const statements = prepare(database)
  const size = (): Size => statements.size.get() ?? { entries: 0, bytes: 0 }
  const tellSize = ({ entries, bytes }: Size): void => options.onSize?.(entries, bytes)
  tellSize(size())

  function get(key: string, wallMs: number, ageMaxMs: number | null) {
    const row = statements.find.get(key)
    if (row === null) return null
    const ageMs = wallMs - row.stored_ms
    if (ageMs < 0 || wallMs >= row.expires_ms || (ageMaxMs !== null && ageMs > ageMaxMs)) return null
    if (wallMs - row.used_ms >= USED_EVERY_MS) touch(key, wallMs)
    return { body: row.body, ageMs }
  }

  /** An answer is worth more than the order in which they leave. */
  function touch(key: string, wallMs: number): void {
    try {
      statements.touch.run(wallMs, key)
    } catch (cause) {
      options.onFault(cause)
    }
  }

  const put = database.transaction((key: string, body: Uint8Array, wallMs: number) => {
    statements.drop.run(key)
    statements.dropExpired.run(wallMs)
    while (size().bytes + body.byteLength > options.bytesMax) if (statements.dropOldest.get() === null) break
    statements.insert.run(key, wallMs, wallMs + options.ageMaxMs, wallMs, body.byteLength, body)
    return size()
  })

  return {
    async getCached(key, wallMs, ageMaxMs) {
      try {
        return get(key, wallMs, ageMaxMs)
      } catch (cause) {
        options.onFault(cause)
        return null
      }
    },
    async putCached(key, body, wallMs) {
      if (body.byteLength > options.bytesMax) return
      try {
        tellSize(put.immediate(key, body, wallMs))
      } catch (cause) {
        options.onFault(cause)
      }
    },
    close: () => database.close(false),
  }
}

interface CacheRow {
  readonly stored_ms: number
  readonly expires_ms: number
  readonly used_ms: number
  readonly body: Uint8Array
}

/** Of all that is kept, by whichever process. */
interface Size {
  readonly entries: number
  readonly bytes: number
}

function prepare(database: Database) {
  return {
    find: database.query<CacheRow, [string]>(
      'select stored_ms, expires_ms, used_ms, body from cached_response where id = ?',
    ),
    touch: database.query('update cached_response set used_ms = ? where id = ?'),
    drop: database.query('delete from cached_response where id = ?'),
    dropExpired: database.query(
      `delete from cached_response where id in
        (select id from cached_response where expires_ms <= ? order by expires_ms limit ${FORGOTTEN_AT_ONCE})`,
    ),
    dropOldest: database.query<{ readonly id: string }, []>(
      `delete from cached_response where id = (select id from cached_response order by used_ms, id limit 1)
      returning id`,
    ),
    insert: database.query(
      'insert into cached_response (id, stored_ms, expires_ms, used_ms, bytes, body) values (?, ?, ?, ?, ?, ?)',
    ),
    size: database.query<Size, []>('select entries, bytes from cached_size'),
  }
}
