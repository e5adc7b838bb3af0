import { describe, expect, test } from 'bun:test'
import type { Hold } from '../../src/budget/hold.ts'
import { ProxyError } from '../../src/core/errors.ts'
import type { LedgerStore } from '../../src/core/store.ts'
import { costing, dailyUsd, openTestGate, SUBJECT } from '../support/budgets.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const CAP = 1_000_000

/** A gate over a ledger whose transactions take as long as the test wants. */
function openSlow() {
  const time = openFakeClock(WALL)
  const { store } = openMemoryLedger()
  const underWay: (() => void)[] = []
  const slow: LedgerStore = {
    ...store,
    apply: (owner, ops, wallMs) =>
      new Promise((resolve, reject) => {
        underWay.push(() => void store.apply(owner, ops, wallMs).then(resolve, reject))
      }),
  }
  const gate = openTestGate({ rules: [dailyUsd(CAP)], store: slow, time })
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      time.advance(50)
      await turn()
    }
  }
  async function answer(): Promise<void> {
    await turn()
    underWay.shift()?.()
    await turn()
  }
  const reserve = (amount: number) => watch(gate.reserve(SUBJECT, costing(amount)))
  return { gate, pass, answer, reserve }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function watch(reserving: Promise<Hold>) {
  const seen = { outcome: 'waits' as 'waits' | 'held' | 'refused' }
  reserving.then(
    () => {
      seen.outcome = 'held'
    },
    (thrown: unknown) => {
      if (!(thrown instanceof ProxyError)) throw thrown
      seen.outcome = 'refused'
    },
  )
  return seen
}

describe('a request that no slice covers', () => {
  test('waits in line for seconds while the store answers, for it is at work', async () => {
    const { pass, answer, reserve } = openSlow()

    const first = reserve(100)
    await pass(1_900)
    const second = reserve(CAP / 2)
    await answer()
    await pass(1_900)
    const meanwhile = [first.outcome, second.outcome]
    await answer()

    expect(meanwhile).toEqual(['held', 'waits'])
    expect(second.outcome).toBe('held')
  })

  test('is refused once the store has said nothing to a renewal of the lease for 2 s', async () => {
    const { gate, pass, reserve } = openSlow()

    void gate.maintain()
    await pass(50)
    const request = reserve(100)
    await pass(2_000)

    expect(request.outcome).toBe('refused')
  })

  test('is refused once the store has said nothing for 2 s', async () => {
    const { pass, reserve } = openSlow()

    const request = reserve(100)
    await pass(1_900)
    const before = request.outcome
    await pass(150)

    expect([before, request.outcome]).toEqual(['waits', 'refused'])
  })
})

test('a request that a slice covers goes ahead after 50 ms, whatever the store does', async () => {
  const { gate, pass, answer, reserve } = openSlow()
  const first = reserve(100)
  await answer()

  const covered = reserve(10)
  await pass(50)

  expect([first.outcome, covered.outcome]).toEqual(['held', 'held'])
  expect(gate.unwrittenOps()).toBeGreaterThan(0)
})
