import { expect, test } from 'bun:test'
import { openOutbox } from '../../src/budget/outbox.ts'
import type { LedgerOp, LedgerStore } from '../../src/core/store.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const TRIM: LedgerOp = { kind: 'trim', lines: [] }

test('many operations go to the ledger in pieces, and whatever else is ready has its turn between two', async () => {
  const pieces: number[] = []
  const due: (() => void)[] = []
  const { clock, scheduler } = openFakeClock(0)
  const store: Pick<LedgerStore, 'apply'> = {
    async apply(_, ops) {
      pieces.push(ops.length)
      return { results: ops.map(() => ({ kind: 'done', lines: [] })), wasVoid: false }
    },
  }
  const outbox = openOutbox({
    store: { ...store, notes: null } as LedgerStore,
    ...{ owner: 'owner', clock, scheduler: { ...scheduler, soon: (run) => void due.push(run) } },
    onVoid: () => undefined,
    onFault: () => undefined,
  })
  let confirmed = 0

  for (let i = 0; i < 120; i++) outbox.push({ op: TRIM, wasSent: false, onResult: () => confirmed++ })
  const seen: [number, number][] = []
  while (due.length > 0) {
    for (const run of due.splice(0)) run()
    await Bun.sleep(0)
    seen.push([pieces.length, confirmed])
  }

  expect(pieces.reduce((sum, size) => sum + size)).toBe(120)
  expect(seen.map(([count]) => count)).toEqual(pieces.map((_, i) => i + 1))
  expect([pieces.length > 1, confirmed, outbox.size()]).toEqual([true, 120, 0])
})
