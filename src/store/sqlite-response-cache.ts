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
  let bytes = statements.sum.get()?.bytes ?? 0

  function get(key: string, wallMs: number, ageMaxMs: number | null) {
    const row = statements.find.get(key)
    if (row === null) return null
    const ageMs = wallMs - row.stored_ms
    if (ageMs < 0 || wallMs >= row.expires_ms || (ageMaxMs !== null && ageMs > ageMaxMs)) return null
    if (wallMs - row.used_ms >= USED_EVERY_MS) statements.touch.run(wallMs, key)
    return { body: row.body, ageMs }
  }

  const put = database.transaction((key: string, body: Uint8Array, wallMs: number) => {
    bytes -= statements.drop.get(key)?.bytes ?? 0
    for (const row of statements.dropExpired.all(wallMs)) bytes -= row.bytes
    while (bytes > 0 && bytes + body.byteLength > options.bytesMax) {
      const dropped = statements.dropOldest.get()
      bytes = dropped === null ? 0 : bytes - dropped.bytes
    }
    statements.insert.run(key, wallMs, wallMs + options.ageMaxMs, wallMs, body.byteLength, body)
    bytes += body.byteLength
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
        bytes = readBytes(statements.sum, bytes)
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

interface Bytes {
  readonly bytes: number
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
    sum: database.query<Bytes, []>('select coalesce(sum(bytes), 0) as bytes from cached_response'),
  }
}

function readBytes(sum: Statement<Bytes, []>, otherwise: number): number {
  try {
    return sum.get()?.bytes ?? otherwise
  } catch (_cause) {
    return otherwise
  }
}
