import { StoreError, type StoreFault } from '../core/store.ts'
import { isSystemError } from '../core/system-error.ts'

const ADVICE: readonly (readonly [prefix: string, fault: StoreFault, advice: string])[] = [
  ['SQLITE_BUSY', 'locked', 'is locked by another process'],
  ['SQLITE_LOCKED', 'locked', 'is locked by another process'],
  ['SQLITE_FULL', 'full', 'cannot grow: the disk is full; free some space'],
  ['SQLITE_NOTADB', 'corrupt', 'is not a database; move it away, or restore a backup'],
  ['SQLITE_CORRUPT', 'corrupt', 'is damaged; move it away, or restore a backup'],
  ['SQLITE_READONLY', 'read_only', 'cannot be written; check its owner, its mode and its folder'],
  [
    'SQLITE_CANTOPEN',
    'missing',
    'cannot be opened; check its owner and mode, and that its folder exists and can be written',
  ],
  ['SQLITE_PERM', 'read_only', 'cannot be opened; check its owner and mode'],
  ['SQLITE_IOERR', 'other', 'cannot be read or written; check the disk'],
]

/** Any failure of the driver as a `StoreError` that says what is wrong with the file and what would help. */
export function sqliteFault(cause: unknown, path: string): StoreError {
  if (cause instanceof StoreError) return cause
  const code = isSystemError(cause) ? cause.code : ''
  const known = ADVICE.find(([prefix]) => code.startsWith(prefix))
  if (known === undefined) return new StoreError('other', `${path}: the database failed`, { cause })
  return new StoreError(known[1], `${path} ${known[2]}`, { cause })
}
