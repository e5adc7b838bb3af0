import { StoreError } from '../core/store.ts'

/** Why a report is not made of a database that the next start will bring up to date. */
export function olderSchema(name: string): StoreError {
  return new StoreError(
    'older_schema',
    `${name} was written by an older lynkr; this one can read it once \`lynkr serve\` has brought it up to date`,
  )
}
