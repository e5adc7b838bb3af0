import { systemScheduler } from '../../../src/core/clock.ts'
import { systemRandom } from '../../../src/core/random.ts'
import { StoreError } from '../../../src/core/store.ts'
import { openSqliteStore } from '../../../src/store/open-sqlite.ts'
import { usageRow } from '../../support/store-contract-rows.ts'

/**
 * Runs on a disk of its own (argument: its mount point) that is small or read-only, and prints what the store said:
 * the fault, then what is in it, then whether it works once there is room again.
 */
const [disk = ''] = process.argv.slice(2)
const open = () => openSqliteStore({ path: `${disk}/lynkr.db`, scheduler: systemScheduler, random: systemRandom })
const count = async (store: Awaited<ReturnType<typeof open>>) =>
  (await store.sumUsage({ fromWallMs: 0, toWallMs: 2e12, groupBy: [] }))[0]?.requests ?? 0

try {
  const store = await open()
  let acknowledged = 0
  let fault = 'none'
  while (fault === 'none') {
    try {
      await store.insertUsage(Array.from({ length: 50 }, () => usageRow({ model: 'm'.repeat(500) })))
      acknowledged += 50
    } catch (cause) {
      fault = cause instanceof StoreError ? cause.fault : String(cause)
    }
  }
  const kept = await count(store)
  await Bun.$`rm ${disk}/ballast`
  await store.insertUsage([usageRow()])
  console.log(JSON.stringify({ fault, lost: acknowledged - kept, after: (await count(store)) - kept }))
} catch (cause) {
  console.log(JSON.stringify({ fault: cause instanceof StoreError ? cause.fault : String(cause) }))
}
