import { expect, test } from 'bun:test'
import { REFUSED_PAUSE_MS } from '../../src/budget/refused-ops.ts'
import { type LedgerOp, type LedgerStore, StoreError } from '../../src/core/store.ts'
import { costing, dailyUsd, openTestGate, SUBJECT, spent } from '../support/budgets.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const BAD = { ...SUBJECT, model: 'bad' }

/** A ledger that can note, and that refuses, as long as it is told to, what requests of the model `bad` cost. */
function openRig() {
  const ledger = openMemoryLedger()
  const inner = ledger.storeWithNotes()
  const rig = { refuses: false, isSilent: false }
  const isBad = ({ kind, lines }: LedgerOp) =>
    kind !== 'trim' && lines.some(({ account }) => account.startsWith('model:bad/'))
  const store: LedgerStore = {
    ...inner,
    async apply(owner, ops, ...rest) {
      if (rig.refuses && ops.some(isBad)) throw new StoreError('other', 'refused')
      return rig.isSilent ? new Promise(() => undefined) : inner.apply(owner, ops, ...rest)
    },
  }
  const time = openFakeClock(WALL)
  const rules = [dailyUsd(1_000), dailyUsd(1_000, { scope: 'model' })]
  return Object.assign(rig, { ledger, store, time, gate: openTestGate({ rules, store, time }) })
}

/** Slices of both models cover a few requests. */
async function warm({ gate }: ReturnType<typeof openRig>): Promise<void> {
  for (const subject of [SUBJECT, BAD]) gate.release(await gate.reserve(subject, costing(1)))
  await gate.maintain()
}

test('money of a request that the ledger refuses is charged once, when it is taken at last, and others go on', async () => {
  const rig = openRig()
  await warm(rig)
  rig.refuses = true

  const bad = await rig.gate.reserve(BAD, costing(10))
  await rig.gate.maintain()
  rig.gate.settle(bad, spent(7))
  rig.gate.settle(await rig.gate.reserve(SUBJECT, costing(20)), spent(15))
  await rig.gate.maintain()
  const meanwhile = (await rig.store.balances()).map(({ account, spent }) => [account, spent])
  const unwritten = rig.gate.unwrittenOps()
  rig.refuses = false
  rig.time.advance(REFUSED_PAUSE_MS)
  await rig.gate.maintain()
  await rig.gate.drain()

  expect(meanwhile).toContainEqual(['global:*/day/usd', 15])
  expect(unwritten).toBe(2)
  expect(
    (await rig.store.balances()).map(({ account, spent, held, leased }) => [account, spent, held, leased]),
  ).toEqual([
    ['global:*/day/usd', 22, 0, 0],
    ['model:m/day/usd', 15, 0, 0],
    ['model:bad/day/usd', 7, 0, 0],
  ])
  expect(await rig.ledger.store.verifyLedger()).toEqual([])
})

test('what a refused operation has set aside is given to nobody else', async () => {
  const rig = openRig()
  await warm(rig)
  rig.refuses = true

  await rig.gate.reserve(BAD, costing(100))
  await rig.gate.maintain()
  await rig.gate.reserve(SUBJECT, costing(2_000)).catch(() => null)
  for (let i = 0; i < 3; i++) await rig.gate.maintain()
  const [global] = await rig.store.balances()

  expect(global?.leased).toBeGreaterThanOrEqual(100)
})

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a request whose reservation the ledger refuses is refused at once, not after the time that others wait in line', async () => {
  const rig = openRig()
  rig.refuses = true

  const request = rig.gate.reserve(BAD, costing(10)).catch((thrown: unknown) => thrown)
  let isDecided = false
  void request.then(() => {
    isDecided = true
  })
  for (let turns = 0; turns < 20; turns++) await turn()

  expect(isDecided).toBe(true)
  expect(await request).toMatchObject({ kind: 'budget_exhausted' })
})

test('what the ledger refused and no request waits for any more is kept by nobody, and others go on without waiting', async () => {
  const rig = openRig()
  await warm(rig)
  rig.refuses = true

  for (let i = 0; i < 3; i++) {
    const request = rig.gate.reserve(BAD, costing(900)).catch(() => null)
    await rig.gate.maintain()
    for (let waits = 0; waits < 250; waits++) {
      rig.time.advance(50)
      await turn()
    }
    await request
  }
  const unwritten = rig.gate.unwrittenOps()
  rig.gate.release(await rig.gate.reserve(SUBJECT, costing(1)))
  await rig.gate.maintain()
  rig.isSilent = true
  const other = await Promise.race([rig.gate.reserve(SUBJECT, costing(1)), turn()])

  expect(unwritten).toBe(0)
  expect(other).toMatchObject({ lines: [{ amount: 1 }, { amount: 1 }] })
})
