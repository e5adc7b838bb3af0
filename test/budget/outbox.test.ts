import { expect, test } from 'bun:test'
import { BATCH_OPS_MAX, openOutbox } from '../../src/budget/outbox.ts'
import type { LedgerOp, LedgerStore } from '../../src/core/store.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const TRIM: LedgerOp = { kind: 'trim', lines: [] }

test('what is sent again, or waited while the lease was lost, is not called new', async () => {
  const calls: [number, boolean | undefined][] = []
  const answers = [new Error('busy'), { wasVoid: true }, { wasVoid: false }, { wasVoid: false }]
  const { clock, scheduler } = openFakeClock(0)
  const apply: LedgerStore['apply'] = async (_, ops, __, areNew) => {
    calls.push([ops.length, areNew])
    const answer = answers.shift()
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('unexpected')
    return { results: ops.map(() => ({ kind: 'done', lines: [] })), ...answer }
  }
  const outbox = openOutbox({
    ...{ store: { apply } as LedgerStore, owner: 'owner', clock, scheduler: { ...scheduler, soon: (run) => run() } },
    ...{ onVoid: () => undefined, onFault: () => undefined },
  })
  const push = () => outbox.pushLater({ op: TRIM, wasSent: false, onResult: () => undefined })

  push()
  await outbox.flush()
  for (let i = 0; i < BATCH_OPS_MAX; i++) push()
  await outbox.flush()
  push()
  await outbox.flush()

  expect(calls).toEqual([
    [1, true],
    [BATCH_OPS_MAX, false],
    [1, false],
    [1, true],
  ])
})

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

  for (let i = 0; i < BATCH_OPS_MAX * 2 + 20; i++)
    outbox.push({ op: TRIM, wasSent: false, onResult: () => confirmed++ })
  const seen: [number, number][] = []
  while (due.length > 0) {
    for (const run of due.splice(0)) run()
    await Bun.sleep(0)
    seen.push([pieces.length, confirmed])
  }

  expect(pieces.reduce((sum, size) => sum + size)).toBe(BATCH_OPS_MAX * 2 + 20)
  expect(seen.map(([count]) => count)).toEqual(pieces.map((_, i) => i + 1))
  expect([pieces.length > 1, confirmed, outbox.size()]).toEqual([true, BATCH_OPS_MAX * 2 + 20, 0])
})
