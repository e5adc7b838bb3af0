import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../config/load.ts'
import { systemScheduler } from '../core/clock.ts'
import { systemRandom } from '../core/random.ts'
import type { Store } from '../core/store.ts'
import { openStore, STORE_FILE } from '../store/open-store.ts'

/** Where the settings have the store. */
export type StorePlace = Pick<Settings, 'databaseUrl' | 'dataDir'>

/** The store that the settings name; the embedded one lies in the data folder, which is made for its owner alone. */
export function openConfiguredStore({ databaseUrl, dataDir }: StorePlace): Promise<Store> {
  if (databaseUrl === undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const sqlitePath = join(dataDir, STORE_FILE)
  return openStore({ databaseUrl: databaseUrl ?? null, sqlitePath, scheduler: systemScheduler, random: systemRandom })
}

/** Opens the store, asks it and closes it again. Rejects as the store does. */
export async function askStore<T>(place: StorePlace, ask: (store: Store) => Promise<T>): Promise<T> {
  const store = await openConfiguredStore(place)
  try {
    return await ask(store)
  } finally {
    await store.close()
  }
}
