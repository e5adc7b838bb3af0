import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../config/load.ts'
import { systemScheduler } from '../core/clock.ts'
import { systemRandom } from '../core/random.ts'
import type { Store } from '../core/store.ts'
import { openStore, STORE_FILE } from '../store/open-store.ts'

/** Where the store is. */
export type StorePlace = Pick<Settings, 'databaseUrl' | 'dataDir'>

/** The store that the settings name; the embedded one lies in the data folder, which is made for its owner alone. */
export function openConfiguredStore(place: StorePlace): Promise<Store> {
  if (place.databaseUrl === undefined) mkdirSync(place.dataDir, { recursive: true, mode: 0o700 })
  return openStore(optionsOf(place))
}

function optionsOf({ databaseUrl, dataDir }: StorePlace) {
  const sqlitePath = join(dataDir, STORE_FILE)
  return { databaseUrl: databaseUrl ?? null, sqlitePath, scheduler: systemScheduler, random: systemRandom }
}

/**
 * Opens the store, asks it and closes it again. One of an older lynkr is left as it is: that one may still run, and could
 * write nothing any more. Rejects as the store does.
 */
export async function askStore<T>(place: StorePlace, ask: (store: Store) => Promise<T>): Promise<T> {
  await readStore(place, async () => undefined)
  return askOnce(await openConfiguredStore(place), ask)
}

/**
 * The same for what only reads: the store is taken as it is. A disk that cannot be written will do; nothing is made, which
 * would belong to whoever asks; and the schema stays that of the lynkr that runs.
 */
export async function readStore<T>(place: StorePlace, ask: (store: Store) => Promise<T>): Promise<T> {
  return askOnce(await openStore({ ...optionsOf(place), isForReading: true }), ask)
}

async function askOnce<T>(store: Store, ask: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await ask(store)
  } finally {
    await store.close()
  }
}
