import { StoreError } from '../core/store.ts'

/** Why a command takes no database that the next start will bring up to date. */
export function olderSchema(name: string): StoreError {
  return new StoreError(
    'older_schema',
    `${name} was written by an older lynkr; this one can use it once \`lynkr serve\` has brought it up to date`,
  )
}
