import { join } from 'node:path'
import { StoreError } from '../../core/store.ts'
import { systemErrorLine } from '../../core/system-error.ts'
import { copySqlite } from '../../store/copy-sqlite.ts'
import { STORE_FILE } from '../../store/open-store.ts'
import type { StoreCommandOptions } from './with-store.ts'

/**
 * `lynkr backup`: keys, books and usage as they are at this moment in one file, also while lynkr runs.
 *
 * @returns the exit code: 1, with one line, if it cannot be written; 2 where the database is PostgreSQL
 */
export function backup(options: StoreCommandOptions & { readonly file: string }): number {
  const { place, file, print, printError } = options
  if (place.databaseUrl !== undefined) {
    printError('lynkr: the database is PostgreSQL, which has a backup of its own: pg_dump "$DATABASE_URL"')
    return 2
  }
  const path = join(place.dataDir, STORE_FILE)
  try {
    copySqlite(path, file)
  } catch (thrown) {
    const problem = thrown instanceof StoreError ? thrown.message : systemErrorLine(thrown)
    if (problem === null) throw thrown
    printError(`lynkr: ${problem}`)
    return 1
  }
  print(
    `${file} is written. To go back to it: stop lynkr, remove ${path}-wal and -shm, and put it in place of ${path}.`,
  )
  return 0
}
