import { DrizzleQueryError } from 'drizzle-orm'
import { StoreError, type StoreFault } from '../core/store.ts'

/** SQLSTATE: serialization failure, deadlock, lock not available. */
const REPEATABLE = ['40001', '40P01', '55P03']

/** SQLSTATE prefixes, the longest first. */
const ADVICE: readonly (readonly [state: string, fault: StoreFault, message: string])[] = [
  ['53100', 'full', 'the disk of PostgreSQL is full; free some space there'],
  ['25006', 'read_only', 'PostgreSQL accepts no writes here; DATABASE_URL must name the primary'],
  ['42501', 'read_only', 'the user of DATABASE_URL may not create or write tables; grant it the schema'],
  ['57P', 'unreachable', 'PostgreSQL is shutting down or starting'],
  ['53', 'unreachable', 'PostgreSQL is out of connections or memory'],
  // What a pooler in front of it says, too.
  ['08', 'unreachable', 'the connection to PostgreSQL broke, or a pooler in front of it has none'],
  ['28', 'unreachable', 'PostgreSQL refuses the user or password of DATABASE_URL'],
  ['3D', 'missing', 'the database that DATABASE_URL names does not exist'],
  ['XX', 'corrupt', 'PostgreSQL reports an internal error or damaged data'],
]

export function isRepeatable(cause: unknown): boolean {
  return REPEATABLE.includes(sqlStateOf(cause))
}

/** Any failure of the driver as a `StoreError`; an address, a password or a row is never repeated. */
export function postgresFault(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown
  // Drizzle's own message is the whole query with every row of it.
  const cause = thrown instanceof DrizzleQueryError ? thrown.cause : thrown
  const state = sqlStateOf(cause)
  const known = ADVICE.find(([prefix]) => state.startsWith(prefix))
  if (known !== undefined) return new StoreError(known[1], known[2], { cause })
  if (isRepeatable(cause)) return new StoreError('locked', 'PostgreSQL is busy with the same rows', { cause })
  const isLost =
    codeOf(cause).startsWith('ERR_POSTGRES_CONNECTION') || codeOf(cause).startsWith('ECONN') || state === ''
  return new StoreError(isLost ? 'unreachable' : 'other', `PostgreSQL ${isLost ? 'cannot be reached' : 'failed'}`, {
    cause,
  })
}

/** Drizzle wraps the driver's error; SQLSTATE is the driver's `errno`. */
function sqlStateOf(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  if ('errno' in cause && typeof cause.errno === 'string') return cause.errno
  return cause.cause === undefined ? '' : sqlStateOf(cause.cause)
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  if ('code' in cause) return String(cause.code)
  return cause.cause === undefined ? '' : codeOf(cause.cause)
}
