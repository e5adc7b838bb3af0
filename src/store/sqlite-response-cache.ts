import { Database, type Statement } from 'bun:sqlite'
import type { ResponseCacheStore } from '../core/store.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'

/** The use of an answer is written down at most this often, so that a hit is a read. */
const USED_EVERY_MS = 60_000

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
 * so that it never stands inside a transaction of the ledger. A locked or full file is a miss.
 */
export function openSqliteResponseCache(options: SqliteResponseCacheOptions): ResponseCacheStore & { close(): void } {
  const database = new Database(options.path, { create: true, readwrite: true, strict: true })
  if (options.path === ':memory:') for (const migration of SQLITE_MIGRATIONS) database.run(migration)
  database.run('pragma busy_timeout = 5')
  database.run('pragma synchronous = normal')
  const statements = prepare(database)
  const size = statements.size.get() ?? { entries: 0, bytes: 0 }
  const gone = (row: Bytes | null): void => {
    if (row === null) return
    size.entries--
    size.bytes -= row.bytes
  }
  const tellSize = (): void => options.onSize?.(size.entries, size.bytes)
  tellSize()

  function get(key: string, wallMs: number, ageMaxMs: number | null) {
    const row = statements.find.get(key)
    if (row === null) return null
    const ageMs = wallMs - row.stored_ms
    if (ageMs < 0 || wallMs >= row.expires_ms || (ageMaxMs !== null && ageMs > ageMaxMs)) return null
    if (wallMs - row.used_ms >= USED_EVERY_MS) statements.touch.run(wallMs, key)
    return { body: row.body, ageMs }
  }

  const put = database.transaction((key: string, body: Uint8Array, wallMs: number) => {
    gone(statements.drop.get(key))
    for (const row of statements.dropExpired.all(wallMs)) gone(row)
    while (size.bytes > 0 && size.bytes + body.byteLength > options.bytesMax) {
      const dropped = statements.dropOldest.get()
      if (dropped === null) Object.assign(size, { entries: 0, bytes: 0 })
      gone(dropped)
    }
    statements.insert.run(key, wallMs, wallMs + options.ageMaxMs, wallMs, body.byteLength, body)
    size.entries++
    size.bytes += body.byteLength
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
        put.immediate(key, body, wallMs)
      } catch (cause) {
        // The rows went back with the transaction; what they add up to is asked anew.
        options.onFault(cause)
        Object.assign(size, readSize(statements.size, size))
      }
      tellSize()
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

interface Bytes {
  readonly bytes: number
}

interface Size {
  entries: number
  bytes: number
}

function prepare(database: Database) {
  return {
    find: database.query<CacheRow, [string]>(
      'select stored_ms, expires_ms, used_ms, body from cached_response where id = ?',
    ),
    touch: database.query('update cached_response set used_ms = ? where id = ?'),
    drop: database.query<Bytes, [string]>('delete from cached_response where id = ? returning bytes'),
    dropExpired: database.query<Bytes, [number]>('delete from cached_response where expires_ms <= ? returning bytes'),
    dropOldest: database.query<Bytes, []>(
      `delete from cached_response where id = (select id from cached_response order by used_ms, id limit 1)
      returning bytes`,
    ),
    insert: database.query(
      'insert into cached_response (id, stored_ms, expires_ms, used_ms, bytes, body) values (?, ?, ?, ?, ?, ?)',
    ),
    size: database.query<Size, []>('select count(*) as entries, coalesce(sum(bytes), 0) as bytes from cached_response'),
  }
}

function readSize(statement: Statement<Size, []>, otherwise: Size): Size {
  try {
    return statement.get() ?? otherwise
  } catch (_cause) {
    return otherwise
  }
}
