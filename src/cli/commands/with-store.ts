import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemScheduler } from '../../core/clock.ts'
import { ProxyError } from '../../core/errors.ts'
import { systemRandom } from '../../core/random.ts'
import { type Balance, type KeyRecord, type Store, StoreError } from '../../core/store.ts'
import { openStore, STORE_FILE } from '../../store/open-store.ts'

/** Where a command finds the store, and where its words go. */
export interface StoreCommandOptions {
  /** `DATABASE_URL`; `null` takes the SQLite file in the data folder. */
  readonly databaseUrl: string | null
  readonly dataFolder: string
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * Opens the store, runs the command, closes the store.
 *
 * @returns the exit code: what the command returns; with one line that says what is wrong, 2 if it is what was asked for, else 1
 */
export async function withStore(options: StoreCommandOptions, run: (store: Store) => Promise<number>): Promise<number> {
  try {
    const store = await open(options)
    try {
      return await run(store)
    } finally {
      await store.close()
    }
  } catch (thrown) {
    if (!(thrown instanceof StoreError) && !(thrown instanceof ProxyError)) throw thrown
    options.printError(`lynkr: ${thrown.message}`)
    return thrown instanceof ProxyError && thrown.kind === 'invalid_request' ? 2 : 1
  }
}

type StorePlace = Pick<StoreCommandOptions, 'databaseUrl' | 'dataFolder'>

/** Every balance of the store. Rejects as the store does. */
export function readBalances(place: StorePlace): Promise<readonly Balance[]> {
  return read(place, (store) => store.balances())
}

/** The key of the store with this id, or `null`. Rejects as the store does. */
export async function findKey(place: StorePlace, id: string): Promise<KeyRecord | null> {
  const keys = await read(place, (store) => store.listKeys())
  return keys.find((key) => key.id === id) ?? null
}

async function read<T>(place: StorePlace, ask: (store: Store) => Promise<T>): Promise<T> {
  const store = await open(place)
  try {
    return await ask(store)
  } finally {
    await store.close()
  }
}

function open({ databaseUrl, dataFolder }: StorePlace): Promise<Store> {
  if (databaseUrl === null) mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const sqlitePath = join(dataFolder, STORE_FILE)
  return openStore({ databaseUrl, sqlitePath, scheduler: systemScheduler, random: systemRandom })
}
