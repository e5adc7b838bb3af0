import { constants, Database } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { StoreError } from '../core/store.ts'
import { makePrivate } from './private-file.ts'
import { sqliteFault } from './sqlite-fault.ts'

/** SQLite's own wait blocks the event loop, so it is short; the longer wait is ours and does not. */
const BUSY_WAIT_MS = 5

/**
 * Opens the file for a server, or makes it. Whoever else opens a new file at this moment, or was the last to close one,
 * has it locked.
 *
 * @throws StoreError
 */
export function connectSqlite(path: string): Database {
  let database: Database | null = null
  try {
    makePrivate(path)
    database = new Database(path, { create: true, readwrite: true, strict: true })
    database.run(`pragma busy_timeout = ${BUSY_WAIT_MS}`)
    database.run('pragma journal_mode = wal')
    database.run('pragma synchronous = normal')
    // In KB: room for a report or a long transaction. What is left of them is given back, see `SHRINK_EVERY_MS`.
    database.run('pragma cache_size = -65536')
    database.run('pragma temp_store = memory')
    // The default copies the log back every 4 MB, which every hundredth request would wait for.
    database.run('pragma wal_autocheckpoint = 8192')
    return database
  } catch (cause) {
    database?.close(false)
    throw sqliteFault(cause, path)
  }
}

/**
 * Opens a file that is there for reports. Whoever reads keeps a file beside it; on a disk that cannot take one, such as one
 * that is mounted read-only or full, it is read as one that nobody writes.
 *
 * @throws StoreError
 */
export function connectForReading(path: string): Database {
  try {
    return readable(path, constants.SQLITE_OPEN_READWRITE)
  } catch (cause) {
    const fault = sqliteFault(cause, path)
    if (!WITHOUT_ROOM.has(fault.fault)) throw fault
    if (hasLog(path)) throw new StoreError(fault.fault, `${path}-wal ${LOG_LEFT}`, { cause })
    return readAlone(path)
  }
}

const WITHOUT_ROOM: ReadonlySet<string> = new Set(['read_only', 'missing', 'full', 'other'])

const LOG_LEFT =
  'holds changes that cannot be read on this disk; copy it and the database to another, and name that folder in LYNKR_DATA_DIR'

function readAlone(path: string): Database {
  const name = path.replace(/[%?#]/g, (character) => encodeURIComponent(character))
  try {
    return readable(`file:${name}?immutable=1`, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI)
  } catch (cause) {
    throw sqliteFault(cause, path)
  }
}

function readable(name: string, flags: number): Database {
  const database = new Database(name, flags)
  try {
    database.run(`pragma busy_timeout = ${BUSY_WAIT_MS}`)
    database.run('pragma query_only = on')
    database.run('pragma temp_store = memory')
    // What stands beside the file is looked for at the first statement that reads it.
    database.query('pragma user_version').get()
    return database
  } catch (cause) {
    database.close(false)
    throw cause
  }
}

/** Changes that are not in the database itself yet. */
function hasLog(path: string): boolean {
  const log = `${path}-wal`
  return existsSync(log) && statSync(log).size > 0
}
