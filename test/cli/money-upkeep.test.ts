import { expect, test } from 'bun:test'
import { openUpkeep } from '../../src/cli/money-upkeep.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const START_MS = Date.parse('2026-11-30T08:00:00Z')
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

test('what is too old is forgotten a minute after the start, too: not every process lives for an hour', async () => {
  const time = openFakeClock(START_MS)
  const pruned: number[] = []
  const upkeep = openUpkeep({
    gate: { maintain: async () => true, drain: async () => true, unwrittenOps: () => 0, isStoreUp: () => true },
    usage: { add: () => true, flush: async () => true, waiting: () => 0 },
    store: {
      kind: 'sqlite',
      pruneUsage: async (beforeWallMs) => pruned.push(beforeWallMs),
      pruneLedger: async () => 0,
    },
    authentication: { isOpen: () => false, refresh: async () => undefined },
    settings: { usageRetentionDays: 90 },
    ...time,
    onFault: () => undefined,
  })

  time.advance(MINUTE_MS)
  const afterAMinute = [...pruned]
  time.advance(60 * MINUTE_MS)

  expect(afterAMinute).toEqual([START_MS + MINUTE_MS - 90 * DAY_MS])
  expect(pruned).toHaveLength(2)
  await upkeep.close()
})
