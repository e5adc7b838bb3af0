import { Database } from 'bun:sqlite'
import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { StoreError } from '../core/store.ts'
import { sqliteFault } from './sqlite-fault.ts'

/**
 * Writes all that a database holds at this moment into a new file, for its owner alone. Whoever uses the database goes on,
 * reading and writing. To copy the file itself would lose what lies in the log beside it, up to 32 MB.
 *
 * @throws StoreError `missing` if there is no database, and as the driver fails; the system's own error if `target` is
 *   there already, or cannot be made
 */
export function copySqlite(path: string, target: string): void {
  if (!existsSync(path)) throw new StoreError('missing', `${path} is not there`)
  closeSync(openSync(target, 'wx', 0o600))
  try {
    using database = new Database(path, { readwrite: true, create: false })
    database.run('vacuum into ?', [target])
  } catch (cause) {
    rmSync(target, { force: true })
    throw sqliteFault(cause, target)
  }
}
