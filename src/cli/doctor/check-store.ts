import { Database } from 'bun:sqlite'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Settings } from '../../config/load.ts'
import { StoreError, type StoreFault } from '../../core/store.ts'
import { isSystemError, systemProblem } from '../../core/system-error.ts'
import { STORE_FILE } from '../../store/open-store.ts'
import { sqliteFault } from '../../store/sqlite-fault.ts'
import { askStore } from '../configured-store.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** A day of heavy use writes some tens of megabytes. */
const DISK_BYTES_LOW = 256 * 1024 * 1024
const ANSWER_WITHIN_MS = 2_000

const GIVE = 'Give the folder and all that lies in it to the user that lynkr runs as, or set LYNKR_DATA_DIR.'
const FILE_FIXES: Readonly<Record<Exclude<StoreFault, 'newer_schema' | 'older_schema'>, string>> = {
  corrupt: 'Stop lynkr and put a backup in the place of the file; without it the keys and books begin anew.',
  full: 'Make room, or set LYNKR_DATA_DIR.',
  locked: 'End the program that has it locked.',
  missing: GIVE,
  read_only: GIVE,
  unreachable: GIVE,
  other: 'Look at the disk, or set LYNKR_DATA_DIR.',
}

/** The store as `serve` would open it, its books, the disk under it, and Redis. */
export async function checkStore(settings: Settings): Promise<Finding[]> {
  const findings = settings.databaseUrl === undefined ? folder(settings.dataDir) : []
  if (findings.some(({ status }) => status === 'problem')) return findings
  return [...(await books(settings)), ...findings, ...(await redis(settings.redisUrl))]
}

async function books(settings: Settings): Promise<Finding[]> {
  const name = settings.databaseUrl === undefined ? `SQLite in ${settings.dataDir}` : 'PostgreSQL of DATABASE_URL'
  try {
    const wrong = await askStore(settings, (store) => {
      if (settings.databaseUrl === undefined) examineFile(join(settings.dataDir, STORE_FILE))
      return store.verifyLedger()
    })
    if (wrong.length === 0) return [ok('store', `${name}; the books balance`)]
    return [problem('store', `${name}: ${wrong.length} balances differ`, '`lynkr ledger verify` names them.')]
  } catch (thrown) {
    if (!(thrown instanceof StoreError) && !isSystemError(thrown)) throw thrown
    if (thrown instanceof StoreError && thrown.fault === 'older_schema') return [ok('store', thrown.message)]
    return [problem('store', `${name}: ${thrown.message}`, fixOf(thrown, settings.databaseUrl === undefined))]
  }
}

/**
 * Reads every page of the file: what is damaged may not be asked for until it is needed.
 *
 * @throws StoreError
 */
function examineFile(path: string): void {
  try {
    using database = new Database(path, { readonly: true })
    const row = database.query<{ quick_check: string }, []>('pragma quick_check(1)').get()
    if (row?.quick_check !== 'ok') throw new StoreError('corrupt', `${path} is damaged`)
  } catch (cause) {
    throw sqliteFault(cause, path)
  }
}

function fixOf(thrown: unknown, isFile: boolean): string {
  const fault = thrown instanceof StoreError ? thrown.fault : 'missing'
  if (fault === 'newer_schema' || fault === 'older_schema') return 'Install the newer lynkr again.'
  return isFile ? FILE_FIXES[fault] : 'Look at PostgreSQL, and at DATABASE_URL.'
}

/** The folder, or the nearest above it that is there, must be writable: lynkr makes what is missing. */
function folder(dataDir: string): Finding[] {
  let nearest = dataDir
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    return [
      problem(
        'store',
        `${nearest} cannot be written: ${systemProblem(thrown)}`,
        'Set LYNKR_DATA_DIR to a folder of your own.',
      ),
    ]
  }
  const { bavail, bsize } = statfsSync(nearest)
  const free = bavail * bsize
  const size = `${Math.floor(free / 1024 ** 2).toLocaleString('en-US')} MB free in ${nearest}`
  return [free < DISK_BYTES_LOW ? warning('store', size, 'Make room, or set LYNKR_DATA_DIR.') : ok('store', size)]
}

async function redis(url: string | undefined): Promise<Finding[]> {
  if (url === undefined) return []
  const client = new Bun.RedisClient(url, {
    connectionTimeout: ANSWER_WITHIN_MS,
    autoReconnect: false,
    enableOfflineQueue: false,
  })
  try {
    await client.connect()
    await client.ping()
    return [ok('store', 'Redis of REDIS_URL answers')]
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return [problem('store', `Redis of REDIS_URL: ${reason}`, 'Look at REDIS_URL and whether it runs.')]
  } finally {
    client.close()
  }
}
