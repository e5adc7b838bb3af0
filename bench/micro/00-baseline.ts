import { newRequestId } from '../../src/core/request-id.ts'
import type { MicroRow } from '../micro.ts'

/** Written to, so that the work is not optimised away. */
const keep = { id: '', count: 0 }

async function nothing(): Promise<void> {
  keep.count++
}

export const rows: readonly MicroRow[] = [
  {
    name: 'no-op baseline, awaited',
    reportOpsPerSecond: 21_300_000,
    async run(iterations) {
      for (let i = 0; i < iterations; i++) await nothing()
    },
  },
  {
    name: 'request id',
    reportOpsPerSecond: 5_000_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) keep.id = newRequestId(1_764_000_000_000 + i, Math.random)
    },
  },
]
