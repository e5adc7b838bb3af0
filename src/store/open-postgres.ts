import { SQL as Client } from 'bun'
import { SQL, sql } from 'drizzle-orm'
import { type BunSQLDatabase, drizzle } from 'drizzle-orm/bun-sql'
import { type Scheduler, sleep } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { type Store, StoreError } from '../core/store.ts'
import { fewAtATime } from './few-at-a-time.ts'
import { POSTGRES_MIGRATIONS } from './migrations.ts'
import { olderSchema } from './older-schema.ts'
import { withConnection } from './postgres-connection.ts'
import { isRepeatable, postgresFault } from './postgres-fault.ts'
import { type Access, type Dialect, type Program, type Query, type Row, runAsync } from './program.ts'
import { storeOfPrograms } from './store-of-programs.ts'

/** Serialisation failures and deadlocks end one side, which simply tries again. */
const TRIES_MAX = 10
const PAUSE_MS = 10

/** Connections that no report takes, however many are asked for and however long they take: requests wait for the ledger and for keys. */
const KEPT_FREE = 2

/** As long as a request waits for a silent ledger. */
const READ_MS_MAX = 2_000

/** Many times what a busy server takes, and short enough to renew a lease on another connection before it ends. */
const WRITE_MS_MAX = 5_000

/**
 * Of a connection that is given up the server may not hear: what it has locked is free when the write goes again, and
 * a request for such a lock is told no before it is given up, too.
 */
const FREE_IN_TIME = sql.raw(`select set_config('idle_in_transaction_session_timeout', '${WRITE_MS_MAX}', true),
  set_config('lock_timeout', '${WRITE_MS_MAX - 1_000}', true)`)

/** How long each may take; a migration takes as long as it must, and reports may, too. */
const LIMITS_MS = { write: WRITE_MS_MAX, 'read one': READ_MS_MAX, report: null, migration: null } as const

/** Arbitrary, the same in every lynkr: only one instance migrates at a time. */
const MIGRATION_LOCK = 5_275_941

const DIALECT: Dialect = {
  isEmbedded: false,
  forUpdate: sql`for update`,
  forUpdateSkipLocked: sql`for update skip locked`,
  // The parameter is cast from text, because the driver would encode a `json` parameter a second time.
  unpack(rows, types) {
    const columns = [...types].map((type, i) => sql.raw(type === 'i' ? `(value ->> ${i})::bigint` : `value ->> ${i}`))
    const json = sql`(${JSON.stringify(rows)}::text)::json`
    return sql`select ${sql.join(columns, sql`, `)} from json_array_elements(${json})`
  },
  // All in one statement: a round trip for each row would cost more than anything else.
  *insert({ into, values, types, onConflict }) {
    if (values.length === 0) return
    const rows: (readonly (string | number)[])[] = []
    for (let at = 0; at < values.length; at += types.length) rows.push(values.slice(at, at + types.length))
    yield sql`insert into ${sql.raw(into)} ${DIALECT.unpack(rows, types)} ${sql.raw(onConflict)}`
  },
}

export interface PostgresOptions {
  /** `postgres://…`, from `DATABASE_URL`; never repeated in a message, for it holds a password. */
  readonly url: string
  readonly connectionsMax: number
  readonly scheduler: Scheduler
  readonly random: Random
  /** For reports alone: a schema that is there is taken as it is, and the server may be one that takes no writes. */
  readonly isForReading?: boolean
}

/**
 * Connects, brings the schema up to date, and proves that it can be written. The driver reconnects by itself.
 *
 * @throws StoreError `unreachable`, `read_only`, `newer_schema`, `other` or, for reading, `older_schema`
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const client = new Client({ url: options.url, max: options.connectionsMax, connectionTimeout: 5, idleTimeout: 300 })
  const { scheduler } = options
  const database = drizzle({ client })
  const reported = fewAtATime(Math.max(1, options.connectionsMax - KEPT_FREE))

  function attempt<Result>(program: () => Program<Result>, access: Access | 'migration'): Promise<Result> {
    const runAlone = (on: Executor) => runAsync(program(), (query) => rowsOf(on, query))
    if (access === 'report one') return runAlone(database)
    return withConnection({ client, scheduler }, LIMITS_MS[access], (connection) => {
      if (access === 'read one') return runAlone(drizzle({ client: connection }))
      // A snapshot for reading, so that sums over several tables agree; plain row locks for writing.
      const isolation = access === 'report' ? 'repeatable read' : 'read committed'
      return connection.begin(`isolation level ${isolation}`, async (transaction) => {
        const own = drizzle({ client: transaction })
        if (access === 'write') await own.execute(FREE_IN_TIME)
        return await runAlone(own)
      })
    })
  }

  async function transact<Result>(program: () => Program<Result>, access: Access | 'migration'): Promise<Result> {
    const isReport = access === 'report' || access === 'report one'
    for (let tries = 1; ; tries++) {
      try {
        return await (isReport ? reported(() => attempt(program, access)) : attempt(program, access))
      } catch (cause) {
        if (!isRepeatable(cause) || tries >= TRIES_MAX) throw postgresFault(cause)
        await sleep(scheduler, options.random() * PAUSE_MS)
      }
    }
  }

  const store = storeOfPrograms({
    kind: 'postgres',
    notes: null,
    dialect: DIALECT,
    transact,
    close: () => client.close({ timeout: 1 }),
  })
  try {
    if (options.isForReading === true && (await transact(isUsableProgram, 'read one'))) return store
    await transact(migrateProgram, 'migration')
    await store.check()
    return store
  } catch (cause) {
    await client.close({ timeout: 0 })
    throw postgresFault(cause)
  }
}

type Executor = Pick<BunSQLDatabase, 'execute'>

async function rowsOf(executor: Executor, query: Query): Promise<readonly Row[]> {
  return (await executor.execute(compiledByDriver(query))) as readonly Row[]
}

function compiledByDriver(query: Query): SQL {
  if (query instanceof SQL) return query
  throw new Error('invariant broken: only queries that the driver compiles are made here')
}

/** Whether it can be read as it is; an empty one is filled first. Throws for another schema. */
function* isUsableProgram(): Program<boolean> {
  const [table] = yield sql`select to_regclass('lynkr_schema') is not null as "is there"`
  if (table?.['is there'] !== true) return false
  const version = yield* versionProgram()
  if (version > 0 && version < POSTGRES_MIGRATIONS.length) throw olderSchema('the database')
  return version > 0
}

function* versionProgram(): Program<number> {
  const [row] = yield sql`select max(version) as version from lynkr_schema`
  const version = Number(row?.version ?? 0)
  const newest = POSTGRES_MIGRATIONS.length
  if (version <= newest) return version
  const message = `the database was written by a newer lynkr (schema ${version}, this one knows ${newest}); update lynkr`
  throw new StoreError('newer_schema', message)
}

function* migrateProgram(): Program<void> {
  yield sql`select pg_advisory_xact_lock(${sql.raw(String(MIGRATION_LOCK))})`
  yield sql`create table if not exists lynkr_schema (version bigint not null)`
  const version = yield* versionProgram()
  const newest = POSTGRES_MIGRATIONS.length
  for (const migration of POSTGRES_MIGRATIONS.slice(version)) {
    for (const statement of statementsOf(migration)) yield sql.raw(statement)
  }
  if (version < newest) yield sql`insert into lynkr_schema (version) values (${newest})`
}

/** The extended protocol takes one statement at a time; a function's body between `$$` is part of one. */
function statementsOf(migration: string): readonly string[] {
  return migration
    .split('$$')
    .map((part, i) => (i % 2 === 1 ? part.replaceAll(';', '\u0000') : part))
    .join('$$')
    .split(';')
    .map((statement) => statement.replaceAll('\u0000', ';').trim())
    .filter((statement) => statement !== '')
}
