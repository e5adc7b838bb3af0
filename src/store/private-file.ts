import { closeSync, openSync } from 'node:fs'
import { isSystemError } from '../core/system-error.ts'

/**
 * Makes the file of a database for its owner alone; the files that SQLite puts beside it have the same mode. One that is
 * there stays as it is, and what cannot be made is for SQLite to tell in its own words.
 */
export function makePrivate(path: string): void {
  if (path === ':memory:') return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
  }
}
