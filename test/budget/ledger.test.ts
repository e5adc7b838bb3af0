import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Hold } from '../../src/budget/hold.ts'
import { costing, dailyUsd, openTestGate, SUBJECT, spent } from '../support/budgets.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL = Date.parse('2026-11-22T23:58:00Z')
const CAP = 10_000

type Step =
  | { readonly kind: 'reserve'; readonly gate: number; readonly amount: number }
  | { readonly kind: 'close'; readonly pick: number; readonly share: number }
  | { readonly kind: 'maintain' | 'crash'; readonly gate: number }
  | { readonly kind: 'wait' | 'jump'; readonly ms: number }
  | { readonly kind: 'replace'; readonly gate: number; readonly cap: number }

const gate = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('reserve' as const), gate, amount: fc.nat(2_500) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('close' as const), pick: fc.nat(), share: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('maintain' as const), gate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), gate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(90_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -90_000, max: 90_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('replace' as const), gate, cap: fc.constantFrom(0, CAP / 4, CAP) }),
  },
)

/** Long after every lease has ended, wherever the wall clock was when it began. */
const LATER_MS = 1_000_000_000

function rulesOf(cap: number) {
  return [dailyUsd(cap), dailyUsd(cap / 2, { scope: 'key', window: 'minute' })]
}

test.each([
  ['asks the ledger before it sends', false],
  ['notes what it sends beside the ledger', true],
])(
  'over any history of four instances, each of which %s, under caps that change and a clock that jumps, no bucket exceeds its cap, books balance, and nothing stays reserved',
  async (_, hasNotes) => {
    const full = process.env.LYNKR_TEST_FULL === '1'

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { store, storeWithNotes, journal, falselyNew } = openMemoryLedger()
        const time = openFakeClock(WALL)
        const rules = rulesOf(CAP)
        let serial = 0
        const boot = () =>
          openTestGate({ rules, store: hasNotes ? storeWithNotes() : store, time, owner: `o${serial++}` })
        const gates = [boot(), boot(), boot(), boot()]
        const open: { hold: Hold; amount: number; gate: number }[] = []

        for (const next of steps) {
          if (next.kind === 'reserve') {
            const hold = await gates[next.gate]?.reserve(SUBJECT, costing(next.amount)).catch(() => null)
            if (hold) open.push({ hold, amount: next.amount, gate: next.gate })
          } else if (next.kind === 'close' && open.length > 0) {
            const [{ hold, amount, gate }] = open.splice(next.pick % open.length, 1) as [(typeof open)[number]]
            gates[gate]?.settle(hold, spent(Math.floor((amount * next.share) / 100)))
          } else if (next.kind === 'maintain') {
            await gates[next.gate]?.maintain()
          } else if (next.kind === 'crash') {
            gates[next.gate] = boot()
            for (let i = open.length - 1; i >= 0; i--) if (open[i]?.gate === next.gate) open.splice(i, 1)
          } else if (next.kind === 'wait') {
            time.advance(next.ms)
            await store.expireLeases(time.clock.wallMs())
          } else if (next.kind === 'jump') {
            time.jump(next.ms)
            await store.expireLeases(time.clock.wallMs())
          } else if (next.kind === 'replace') {
            gates[next.gate]?.replaceRules(rulesOf(next.cap))
          }
          for (const balance of await store.balances()) {
            const capMax = balance.account.startsWith('key') ? CAP / 2 : CAP
            expect(balance.spent + balance.held + balance.leased).toBeLessThanOrEqual(capMax)
            expect(Math.min(balance.spent, balance.held, balance.leased)).toBeGreaterThanOrEqual(0)
          }
        }

        for (const { hold, gate } of open) gates[gate]?.release(hold)
        for (const one of gates) await one.drain()
        await store.expireLeases(time.clock.wallMs() + LATER_MS)
        for (const balance of await store.balances()) expect([balance.held, balance.leased]).toEqual([0, 0])
        expect(await store.verifyLedger()).toEqual([])
        expect(new Set(journal.map((e) => `${e.holdId} ${e.account} ${e.windowIndex} ${e.kind}`)).size).toBe(
          journal.length,
        )
        expect([...falselyNew]).toEqual([])
      }),
      { numRuns: full ? 20_000 : 200 },
    )
  },
)

test('replaying any prefix of the operations changes nothing', async () => {
  const { store } = openMemoryLedger()
  const line = (amount: number) => ({ account: 'global:*/day/usd', windowIndex: 1, cap: 100, amount })
  const ops = [
    { kind: 'reserve', holdId: 'a.1', lines: [line(40)], isDispatched: false },
    { kind: 'reserve', holdId: 'a.2', lines: [line(30)], isDispatched: false },
    { kind: 'settle', holdId: 'a.1', lines: [line(25)], keepsRest: false },
    { kind: 'release', holdId: 'a.2', lines: [line(0)], keepsRest: false },
  ] as const
  await store.apply('a', ops, WALL)
  const once = await store.balances()

  for (let n = 1; n <= ops.length; n++) await store.apply('a', ops.slice(0, n), WALL)

  expect(await store.balances()).toEqual(once)
  expect(await store.verifyLedger()).toEqual([])
})
