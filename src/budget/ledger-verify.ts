import type { Balance } from '../core/store.ts'
import { bucketKey } from './ledger-draft.ts'

/** What the rows behind a balance add up to, for one bucket. */
export interface BucketSums {
  readonly account: string
  readonly windowIndex: number
  /** Journal: entered minus left. */
  readonly journalHeld: number
  readonly journalSpent: number
  readonly openHolds: number
  readonly slices: number
}

/**
 * Compares every balance with what its rows add up to.
 *
 * @returns one sentence per difference; empty if the ledger is sound. O(buckets).
 */
export function ledgerDifferences(balances: readonly Balance[], sums: readonly BucketSums[]): readonly string[] {
  const byKey = new Map(sums.map((sum) => [bucketKey(sum.account, sum.windowIndex), sum]))
  const wrong: string[] = []
  for (const balance of balances) {
    const key = bucketKey(balance.account, balance.windowIndex)
    const sum = byKey.get(key) ?? { journalHeld: 0, journalSpent: 0, openHolds: 0, slices: 0 }
    byKey.delete(key)
    const compare = (what: string, said: number, found: number): void => {
      if (said !== found) wrong.push(`${key}: ${what} is ${said}, its rows add up to ${found}`)
    }
    compare('spent', balance.spent, sum.journalSpent)
    compare('held', balance.held, sum.journalHeld)
    compare('held', balance.held, sum.openHolds)
    compare('leased', balance.leased, sum.slices)
  }
  for (const key of byKey.keys()) wrong.push(`${key}: has rows but no balance`)
  return wrong
}
