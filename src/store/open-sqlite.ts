import type { Database, Statement } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { SQL, sql } from 'drizzle-orm'
import { type Scheduler, sleep } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { type Store, StoreError } from '../core/store.ts'
import { isSystemError } from '../core/system-error.ts'
import { connectForReading, connectSqlite } from './connect-sqlite.ts'
import { openInflightNotes } from './inflight-notes.ts'
import { sweepProgram } from './ledger-program.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'
import { olderSchema } from './older-schema.ts'
import { type Access, type Dialect, type Program, type Query, type Row, runSync } from './program.ts'
import { queryText } from './query-text.ts'
import { sqliteFault } from './sqlite-fault.ts'
import { storeOfPrograms } from './store-of-programs.ts'

const LOCKED_TRIES_MAX = 40
const LOCKED_PAUSE_MS = 10
/** About five minutes: what another process brings up to date is locked for as long as its rows are many. */
const MIGRATED_TRIES_MAX = 30_000

/**
 * Rows are written once and seldom read, so that what SQLite keeps of them would only fill its cache, and the system has
 * them too. To give 64 MB back takes 2 ms, what a thousand requests a second leave in this time a fifth of that.
 */
const SHRINK_EVERY_MS = 10_000

const DIALECT: Dialect = {
  isEmbedded: true,
  forUpdate: sql``,
  forUpdateSkipLocked: sql``,
  // `where true`: without it SQLite reads the `on` of a following `on conflict` as that of a join.
  unpack(rows, types) {
    return sql`select ${columnsOf(types)} from json_each(${JSON.stringify(rows)}) where true`
  },
  // A few rows at once: to take a JSON text apart costs several times what a statement does.
  *insert({ into, values, types, onConflict }) {
    const row = `(${Array.from(types, () => '?').join(', ')})`
    const textOf = (count: number): string =>
      `insert into ${into} values ${Array.from({ length: count }, () => row).join(', ')} ${onConflict}`
    const atOnce = types.length * INSERTED_AT_ONCE
    const many = values.length >= atOnce ? textOf(INSERTED_AT_ONCE) : ''
    let at = 0
    for (; at + atOnce <= values.length; at += atOnce) {
      yield { text: many, parameters: values.slice(at, at + atOnce) }
    }
    const one = textOf(1)
    for (; at < values.length; at += types.length) {
      yield { text: one, parameters: values.slice(at, at + types.length) }
    }
  },
}

/** Rows of one statement: more are hardly quicker, and every other number would be a statement to compile. */
const INSERTED_AT_ONCE = 8

const columns = new Map<string, SQL>()

/** The few lists of columns that there are, made once. */
function columnsOf(types: string): SQL {
  const known = columns.get(types)
  if (known !== undefined) return known
  const made = sql.raw(Array.from(types, (_, i) => `value ->> ${i}`).join(', '))
  columns.set(types, made)
  return made
}

export interface SqliteOptions {
  /** File, or `:memory:`. Its folder must exist. */
  readonly path: string
  readonly scheduler: Scheduler
  readonly random: Random
  /** For reports alone: nothing is made or brought up to date, and the disk need not be writable. */
  readonly isForReading?: boolean
}

/**
 * Opens or creates the file, brings its schema up to date, and proves that it can be written; for reading it is taken as
 * it is, and where there is none yet, or a first start got no further, nothing is in it.
 *
 * @throws StoreError `corrupt`, `read_only`, `missing`, `full`, `locked`, `newer_schema` or, for reading, `older_schema`,
 *   each with what to do
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const isForReading = options.isForReading === true
  const openEmpty = (): Promise<Store> => openSqliteStore({ ...options, path: ':memory:', isForReading: false })
  if (isForReading && isAbsent(options.path)) return openEmpty()
  const database = await whenUnlocked(options, () => (isForReading ? connectForReading : connectSqlite)(options.path))
  const inode = inodeOf(options.path)
  const notes = options.path === ':memory:' || isForReading ? null : openInflightNotes(options.path)
  // Compiled once each: our programs have some forty texts, and the driver itself keeps twenty.
  const statements = new Map<string, Statement<Row, (string | number)[]>>()

  function run(query: Query): readonly Row[] {
    const { text, parameters } = query instanceof SQL ? queryText(query) : query
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = database.prepare<Row, (string | number)[]>(text)
      statements.set(text, statement)
    }
    return statement.all(...parameters)
  }

  function attempt<Result>(program: () => Program<Result>, access: Access): Result {
    if (inodeOf(options.path) !== inode) {
      throw new StoreError('missing', `${options.path} was moved or deleted while lynkr was using it; restart lynkr`)
    }
    if (access === 'read one' || access === 'report one') return runSync(program(), run)
    database.run(access === 'write' ? 'begin immediate' : 'begin')
    try {
      // A newer lynkr brings the file up to date alone; what this one wrote after that would be in a form that is no more.
      if (access === 'write') refuseNewer(options.path, runSync(versionProgram(), run))
      const result = runSync(program(), run)
      database.run('commit')
      return result
    } catch (cause) {
      if (database.inTransaction) database.run('rollback')
      throw cause
    }
  }

  function transact<Result>(program: () => Program<Result>, access: Access): Promise<Result> {
    return whenUnlocked(options, () => attempt(program, access))
  }

  const stopShrinking = options.scheduler.every(SHRINK_EVERY_MS, () => void database.run('pragma shrink_memory'))

  /** A statement that is still open would keep the log from being copied back. */
  function close(): void {
    stopShrinking()
    for (const statement of statements.values()) statement.finalize()
    statements.clear()
    database.close(false)
  }

  const store = storeOfPrograms({
    kind: 'sqlite',
    dialect: DIALECT,
    notes,
    transact,
    async close() {
      notes?.close()
      close()
    },
  })
  try {
    if (isForReading) {
      const version = await transact(versionProgram, 'read one')
      refuseOther(options.path, version)
      if (version > 0) return store
      close()
      return openEmpty()
    }
    await whenUnlocked(options, () => migrate(database, attempt), MIGRATED_TRIES_MAX)
    await store.check()
    if (notes !== null) await transact(() => sweepProgram(notes), 'write')
    return store
  } catch (cause) {
    close()
    throw sqliteFault(cause, options.path)
  }
}

async function whenUnlocked<Result>(
  { path, scheduler, random }: SqliteOptions,
  run: () => Result,
  triesMax = LOCKED_TRIES_MAX,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return run()
    } catch (cause) {
      const fault = sqliteFault(cause, path)
      if (fault.fault !== 'locked' || tries >= triesMax) throw fault
      await sleep(scheduler, random() * LOCKED_PAUSE_MS)
    }
  }
}

type Attempt = <Result>(program: () => Program<Result>, access: Access) => Result

function migrate(database: Database, attempt: Attempt): void {
  const newest = SQLITE_MIGRATIONS.length
  if (attempt(versionProgram, 'read one') === newest) return
  attempt(function* () {
    // Another process may have been quicker.
    const version = yield* versionProgram()
    for (const migration of SQLITE_MIGRATIONS.slice(version)) database.run(migration)
    if (version < newest) database.run(`pragma user_version = ${newest}`)
  }, 'write')
}

function refuseNewer(path: string, version: number): void {
  const newest = SQLITE_MIGRATIONS.length
  if (version <= newest) return
  throw new StoreError(
    'newer_schema',
    `${path} was written by a newer lynkr (schema ${version}, this one knows ${newest}); update lynkr`,
  )
}

function refuseOther(path: string, version: number): void {
  refuseNewer(path, version)
  if (version > 0 && version < SQLITE_MIGRATIONS.length) throw olderSchema(path)
}

function* versionProgram(): Program<number> {
  const [row] = yield sql`pragma user_version`
  return Number(row?.user_version)
}

/** Not so where nobody may look, or the way there is no folder: to open it says why. */
function isAbsent(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (cause) {
    if (isSystemError(cause)) return cause.code === 'ENOENT'
    throw cause
  }
}

/** 0 for databases without a file. A deleted file would take writes that nobody ever reads again. */
function inodeOf(path: string): number {
  if (path === ':memory:') return 0
  return statSync(path, { throwIfNoEntry: false })?.ino ?? -1
}
