import { expect, test } from 'bun:test'
import { LEASE_TTL_MS } from '../../src/core/limits.ts'
import { type LedgerStore, StoreError } from '../../src/core/store.ts'
import { costing, dailyUsd, openTestGate, SUBJECT, spent, type TestGate } from '../support/budgets.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const CAP = 10_000
const RULES = [dailyUsd(CAP)]

/** Two processes that note what they send, and the ledger between them. */
async function openTwo(wrap: (store: LedgerStore) => LedgerStore = (store) => store) {
  const time = openFakeClock(WALL)
  const ledger = openMemoryLedger()
  const one = openTestGate({ rules: RULES, store: wrap(ledger.storeWithNotes()), time, owner: 'one' })
  const other = openTestGate({ rules: RULES, store: ledger.storeWithNotes(), time, owner: 'other' })
  await one.maintain()
  const taken = async () => (await ledger.store.balances()).reduce((sum, { spent, held }) => sum + spent + held, 0)
  return { time, ledger, one, other, taken }
}

/** Takes everything that the others have not leased. */
async function takeRest(gate: TestGate): Promise<void> {
  for (let amount = CAP; amount >= 1; amount = Math.floor(amount / 2)) {
    await gate.reserve(SUBJECT, costing(amount)).catch(() => null)
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('rules that are replaced between the end of a request and its way into the ledger let nothing be spent twice', async () => {
  const { one, other, taken } = await openTwo()
  const hold = await one.reserve(SUBJECT, costing(1_000))
  await one.reserve(SUBJECT, costing(1_500))
  await one.maintain()

  one.release(hold)
  one.replaceRules(RULES)
  await one.reserve(SUBJECT, costing(10))
  await takeRest(other)
  await one.reserve(SUBJECT, costing(900)).catch(() => null)
  await one.drain()

  expect(await taken()).toBeLessThanOrEqual(CAP)
})

test('of a slice that leaves while more is asked of it than there is, all goes back', async () => {
  const { one, ledger } = await openTwo()
  const hold = await one.reserve(SUBJECT, costing(1_000))
  await one.reserve(SUBJECT, costing(1_500))
  await one.maintain()

  one.settle(hold, spent(400))
  one.replaceRules(RULES)
  const refused = one.reserve(SUBJECT, costing(CAP)).catch(() => 'refused')
  one.replaceRules(RULES)
  expect(await refused).toBe('refused')
  await one.maintain()
  await one.drain()

  expect(await ledger.store.balances()).toMatchObject([{ spent: 400, held: 1_500, leased: 0 }])
})

test('a wall clock that jumps ahead, by which others end the lease, lets nothing be spent twice', async () => {
  const { time, ledger, one, other, taken } = await openTwo()
  one.release(await one.reserve(SUBJECT, costing(100)))
  await one.maintain()

  time.jump(60_000)
  await ledger.store.expireLeases(time.clock.wallMs())
  await takeRest(other)
  await one.reserve(SUBJECT, costing(50)).catch(() => null)
  await one.maintain()

  expect(await taken()).toBeLessThanOrEqual(CAP)
})

test('what a hold of before a lost lease leaves over is not spent: the ledger gave it to everybody', async () => {
  const late: (() => void)[] = []
  let isSlow = false
  const { time, ledger, one, other, taken } = await openTwo((store) => ({
    ...store,
    async apply(...args) {
      const reply = await store.apply(...args)
      if (isSlow) await new Promise<void>((resolve) => late.push(resolve))
      return reply
    },
  }))
  const old = await one.reserve(SUBJECT, costing(1_000))
  time.advance(LEASE_TTL_MS)
  await ledger.store.expireLeases(time.clock.wallMs())
  await one.reserve(SUBJECT, costing(10))
  await one.reserve(SUBJECT, costing(1_500))
  await takeRest(other)

  isSlow = true
  one.settle(old, spent(10))
  void one.maintain()
  await turns()
  // On its way while the answer comes, so that what the ledger says of the slice is not taken over.
  await one.reserve(SUBJECT, costing(1))
  await takeRest(other)
  for (const answer of late.splice(0)) answer()
  await turns()
  const last = one.reserve(SUBJECT, costing(1_200)).catch(() => null)
  isSlow = false
  for (const answer of late.splice(0)) answer()
  await last
  await one.drain()

  expect(await taken()).toBeLessThanOrEqual(CAP)
})

test('a reservation that is refused because its answer was lost does not stay in the ledger', async () => {
  const time = openFakeClock(WALL)
  const { store } = openMemoryLedger()
  let isCut = false
  const cut: LedgerStore = {
    ...store,
    async apply(...args) {
      const reply = await store.apply(...args)
      if (isCut) throw new StoreError('unreachable', 'the connection broke behind the commit')
      return reply
    },
  }
  const gate = openTestGate({ rules: RULES, store: cut, time })
  await gate.maintain()

  isCut = true
  const refused = gate.reserve(SUBJECT, costing(100)).catch((error: Error) => error.message)
  await turns()
  time.advance(50)
  isCut = false
  await gate.drain()

  expect(await refused).toBe('spend limit unavailable')
  expect((await store.balances()).map(({ spent, held, leased }) => [spent, held, leased])).toEqual([[0, 0, 0]])
})
