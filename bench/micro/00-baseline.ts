import type { MicroRow } from '../micro.ts'

/** Written to, so that the work is not optimised away. */
const keep = { count: 0 }

async function nothing(): Promise<void> {
  keep.count++
}

export const rows: readonly MicroRow[] = [
  {
    name: 'no-op baseline, awaited',
    reportOpsPerSecond: 21_300_000,
    isOtherWork: true,
    async run(iterations) {
      for (let i = 0; i < iterations; i++) await nothing()
    },
  },
]
