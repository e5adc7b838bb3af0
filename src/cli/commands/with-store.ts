import { ProxyError } from '../../core/errors.ts'
import { type Balance, type KeyRecord, type Store, StoreError } from '../../core/store.ts'
import { askStore, type StorePlace } from '../configured-store.ts'

/** Where a command finds the store, and where its words go. */
export interface StoreCommandOptions {
  readonly place: StorePlace
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * Opens the store, runs the command, closes the store.
 *
 * @returns the exit code: what the command returns; after a line that says what is wrong, 2 if what was asked for is,
 *   else 1
 */
export async function withStore(options: StoreCommandOptions, run: (store: Store) => Promise<number>): Promise<number> {
  try {
    return await askStore(options.place, run)
  } catch (thrown) {
    if (!(thrown instanceof StoreError) && !(thrown instanceof ProxyError)) throw thrown
    options.printError(`lynkr: ${thrown.message}`)
    return thrown instanceof ProxyError && thrown.kind === 'invalid_request' ? 2 : 1
  }
}

/** Every balance of the store. Rejects as the store does. */
export function readBalances(place: StorePlace): Promise<readonly Balance[]> {
  return askStore(place, (store) => store.balances())
}

/** The key of the store with this id, or `null`. Rejects as the store does. */
export async function findKey(place: StorePlace, id: string): Promise<KeyRecord | null> {
  const keys = await askStore(place, (store) => store.listKeys())
  return keys.find((key) => key.id === id) ?? null
}
