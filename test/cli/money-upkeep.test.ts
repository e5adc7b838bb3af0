import { expect, test } from 'bun:test'
import { openUpkeep } from '../../src/cli/money-upkeep.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const START_MS = Date.parse('2026-11-30T08:00:00Z')
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** @param pruned filled with the times before which all is forgotten */
function openRig(time: ReturnType<typeof openFakeClock>, pruned: number[]) {
  return openUpkeep({
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
}

test('what is too old is forgotten a minute after the start, too: not every process lives for an hour', async () => {
  const time = openFakeClock(START_MS)
  const pruned: number[] = []
  const upkeep = openRig(time, pruned)

  time.advance(MINUTE_MS)
  const afterAMinute = [...pruned]
  time.advance(60 * MINUTE_MS)

  expect(afterAMinute).toEqual([START_MS + MINUTE_MS - 90 * DAY_MS])
  expect(pruned).toHaveLength(2)
  await upkeep.close()
})

test('a clock that is far ahead for a moment makes nothing old, and one that is set right is believed an hour later', async () => {
  const time = openFakeClock(START_MS)
  const pruned: number[] = []
  const upkeep = openRig(time, pruned)

  time.jump(400 * DAY_MS)
  time.advance(MINUTE_MS)
  time.jump(-400 * DAY_MS)
  time.advance(59 * MINUTE_MS)
  time.jump(400 * DAY_MS)
  time.advance(60 * MINUTE_MS)
  time.advance(60 * MINUTE_MS)
  await upkeep.close()

  const days = pruned.map((beforeWallMs) => Math.round((beforeWallMs - START_MS) / DAY_MS))
  expect(days).toEqual([-90, -90, -90, 310])
})
