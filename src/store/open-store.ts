import type { Scheduler } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Store } from '../core/store.ts'
import { openSqliteStore } from './open-sqlite.ts'

/** File of the embedded store in the data folder. */
export const STORE_FILE = 'lynkr.db'

/** Connections to PostgreSQL per process: one for the ledger's batches, the others for reading. */
const CONNECTIONS_MAX = 4

export interface StoreOptions {
  /** `DATABASE_URL`; `null` takes the embedded file. */
  readonly databaseUrl: string | null
  /** The embedded file, or `:memory:`. */
  readonly sqlitePath: string
  readonly scheduler: Scheduler
  readonly random: Random
  /** For reports alone: the store is taken as it is, and need not be writable. */
  readonly isForReading?: boolean
}

/** Opens PostgreSQL if a URL is given, else the embedded SQLite file. Rejects with `StoreError`, as they do. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, sqlitePath, ...rest } = options
  if (databaseUrl === null) return openSqliteStore({ path: sqlitePath, ...rest })
  const { openPostgresStore } = await import('./open-postgres.ts')
  return openPostgresStore({ url: databaseUrl, connectionsMax: CONNECTIONS_MAX, ...rest })
}
