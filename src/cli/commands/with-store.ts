import { ProxyError } from '../../core/errors.ts'
import { type Balance, type KeyRecord, type Store, StoreError } from '../../core/store.ts'
import { askStore, readStore, type StorePlace } from '../configured-store.ts'

/** Where a command finds the store, and where its words go. */
export interface StoreCommandOptions {
  readonly place: StorePlace
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

type Run = (store: Store) => Promise<number>

/**
 * Opens the store, runs the command, closes the store.
 *
 * @returns the exit code: what the command returns; after a line that says what is wrong, 2 if what was asked for is,
 *   else 1
 */
export function withStore(options: StoreCommandOptions, run: Run): Promise<number> {
  return told(options, () => askStore(options.place, run))
}

/** The same for a command that only reads: the store is taken as it is, and need not be writable. */
export function withStoreForReading(options: StoreCommandOptions, run: Run): Promise<number> {
  return told(options, () => readStore(options.place, run))
}

async function told({ printError }: StoreCommandOptions, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (thrown) {
    if (!(thrown instanceof StoreError) && !(thrown instanceof ProxyError)) throw thrown
    printError(`lynkr: ${thrown.message}`)
    return thrown instanceof ProxyError && thrown.kind === 'invalid_request' ? 2 : 1
  }
}

/** Every balance of the store. Rejects as the store does. */
export function readBalances(place: StorePlace): Promise<readonly Balance[]> {
  return readStore(place, (store) => store.balances())
}

/** The key of the store with this id, or `null`. Rejects as the store does. */
export async function findKey(place: StorePlace, id: string): Promise<KeyRecord | null> {
  const keys = await readStore(place, (store) => store.listKeys())
  return keys.find((key) => key.id === id) ?? null
}
