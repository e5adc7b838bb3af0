import { describe, expect, test } from 'bun:test'
import { OUTBOX_OPS_MAX } from '../../src/budget/outbox.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { LEASE_TTL_MS } from '../../src/core/limits.ts'
import type { LedgerStore } from '../../src/core/store.ts'
import { costing, dailyUsd, openTestGate, SUBJECT, spent, type TestGate } from '../support/budgets.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')

/** Of a cap of 100, 75 are held, 6 are free in the slice, and 19 are anybody's. */
async function fill(gate: TestGate): Promise<void> {
  for (const part of [25, 50]) await gate.reserve(SUBJECT, costing(part))
  await gate.maintain()
}

async function refusalOf(promise: Promise<unknown>): Promise<ProxyError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ProxyError)) throw new Error(`expected a refusal, got ${String(thrown)}`)
  return thrown
}

async function totals(store: LedgerStore) {
  return (await store.balances()).map(({ account, cap, spent, held, leased }) => ({
    account,
    cap,
    spent,
    held,
    leased,
  }))
}

/** Lets every microtask that is due run: group commits are made of them. */
async function settled(gate: TestGate): Promise<void> {
  await gate.maintain()
}

describe('a budget', () => {
  test('admits up to its cap exactly, refuses one micro-dollar more, and leaves nothing reserved', async () => {
    const { store } = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store, time: openFakeClock(WALL) })

    const whole = await gate.reserve(SUBJECT, costing(1_000))
    const refusal = await refusalOf(gate.reserve(SUBJECT, costing(1)))
    gate.settle(whole, spent(1_000))
    await gate.drain()

    expect(refusal.kind).toBe('budget_exhausted')
    expect(await totals(store)).toEqual([{ account: 'global:*/day/usd', cap: 1_000, spent: 1_000, held: 0, leased: 0 }])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('says when it resets, in the words and with the retry-after that Claude Code expects', async () => {
    const gate = openTestGate({ rules: [dailyUsd(10)], store: openMemoryLedger().store, time: openFakeClock(WALL) })
    await gate.reserve(SUBJECT, costing(10))

    const refusal = await refusalOf(gate.reserve(SUBJECT, costing(10)))

    expect(refusal.message).toBe('spend limit reached (daily; resets 2026-11-23 00:00 UTC)')
    expect(refusal.detail.retryAfterMs).toBe(6 * 3_600_000)
  })

  test('of zero blocks even what costs nothing', async () => {
    const gate = openTestGate({ rules: [dailyUsd(0)], store: openMemoryLedger().store, time: openFakeClock(WALL) })

    expect((await refusalOf(gate.reserve(SUBJECT, costing(0)))).kind).toBe('budget_exhausted')
  })

  test('takes from every scope or from none', async () => {
    const { store } = openMemoryLedger()
    const rules = [dailyUsd(1_000), dailyUsd(10, { scope: 'key' })]
    const gate = openTestGate({ rules, store, time: openFakeClock(WALL) })

    await refusalOf(gate.reserve(SUBJECT, costing(11)))
    await gate.drain()

    expect((await store.balances()).every((balance) => balance.held + balance.spent + balance.leased === 0)).toBe(true)
  })

  test('counts tokens and requests as well as dollars', async () => {
    const rules = [dailyUsd(2, { unit: 'requests' }), dailyUsd(100, { unit: 'tokens', scope: 'key' })]
    const gate = openTestGate({ rules, store: openMemoryLedger().store, time: openFakeClock(WALL) })

    await gate.reserve(SUBJECT, costing(60))
    const byTokens = await refusalOf(gate.reserve(SUBJECT, costing(60)))
    await gate.reserve(SUBJECT, costing(40))
    const byRequests = await refusalOf(gate.reserve({ ...SUBJECT, key: 'k2' }, costing(1)))

    expect(byTokens.message).toStartWith('token limit reached')
    expect(byRequests.message).toStartWith('request limit reached')
  })

  test('clamps the output to what is left, and refuses when that is too little for an answer', async () => {
    const gate = openTestGate({ rules: [dailyUsd(10_000)], store: openMemoryLedger().store, time: openFakeClock(WALL) })
    const asked = { inputTokens: 100, inputMicroUsd: 1_000, outputTokens: 4_096, outputPicoUsd: 10_000_000 }

    const hold = await gate.reserve(SUBJECT, asked)
    const refusal = await refusalOf(gate.reserve(SUBJECT, asked))

    expect(hold.outputTokens).toBe(900)
    expect(refusal.kind).toBe('budget_exhausted')
  })

  test('tells its soft limit once per window', async () => {
    const told: number[] = []
    const time = openFakeClock(WALL)
    const onSoftLimit = (_: string, used: number) => told.push(used)
    const gate = openTestGate({ rules: [dailyUsd(100)], store: openMemoryLedger().store, time, onSoftLimit })

    for (const amount of [79, 1, 5]) gate.settle(await gate.reserve(SUBJECT, costing(amount)), spent(amount))

    expect(told).toEqual([80])
  })

  test('starts anew with its window, and again has the old one if the clock goes back', async () => {
    const time = openFakeClock(WALL)
    const { store } = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100)], store, time })
    gate.settle(await gate.reserve(SUBJECT, costing(100)), spent(100))

    time.jump(24 * 3_600_000)
    gate.settle(await gate.reserve(SUBJECT, costing(60)), spent(60))
    time.jump(-24 * 3_600_000)
    const refusal = await refusalOf(gate.reserve(SUBJECT, costing(1)))
    await gate.drain()

    expect(refusal.kind).toBe('budget_exhausted')
    expect((await totals(store)).map((balance) => balance.spent)).toEqual([100, 60])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('charges a bill larger than its hold in full: the ledger is the truth, not the plan', async () => {
    const { store } = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100)], store, time: openFakeClock(WALL) })

    gate.settle(await gate.reserve(SUBJECT, costing(100)), spent(130))
    await gate.drain()

    expect((await totals(store))[0]?.spent).toBe(130)
    expect(await store.verifyLedger()).toEqual([])
  })

  test('settles a hold once, whatever is called after', async () => {
    const { store } = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100)], store, time: openFakeClock(WALL) })
    const hold = await gate.reserve(SUBJECT, costing(50))

    gate.settle(hold, spent(20))
    gate.settle(hold, spent(20))
    gate.release(hold)
    await gate.drain()

    expect((await totals(store))[0]?.spent).toBe(20)
  })

  test('writes what ended together with what begins: one transaction for each request that follows another', async () => {
    const { store } = openMemoryLedger()
    const batches: string[][] = []
    const watched: LedgerStore = {
      ...store,
      apply(owner, ops, wallMs) {
        batches.push(ops.map((op) => op.kind))
        return store.apply(owner, ops, wallMs)
      },
    }
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: watched, time: openFakeClock(WALL) })

    for (let i = 0; i < 3; i++) gate.settle(await gate.reserve(SUBJECT, costing(10)), spent(5))

    expect(batches).toEqual([['reserve'], ['settle', 'reserve'], ['settle', 'reserve']])
  })

  test('of a process that notes what it sends, a covered reservation waits for nothing, and is charged if it dies', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: ledger.storeWithNotes(), time })
    gate.release(await gate.reserve(SUBJECT, costing(10)))
    await gate.maintain()

    await gate.reserve(SUBJECT, costing(100))
    const [before] = await totals(ledger.store)
    time.advance(LEASE_TTL_MS)
    await ledger.store.expireLeases(time.clock.wallMs())

    expect(before).toMatchObject({ spent: 0, held: 0 })
    expect((await totals(ledger.store))[0]).toMatchObject({ spent: 100, held: 0 })
    expect(await ledger.store.verifyLedger()).toEqual([])
  })

  test('what a closed hold leaves over is not spent again before the ledger knows: a killed process overspends nothing', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100)], store: ledger.storeWithNotes(), time })
    await fill(gate)
    await openTestGate({ rules: [dailyUsd(100)], store: ledger.store, time, owner: 'other' }).reserve(
      SUBJECT,
      costing(19),
    )
    // Nothing is written from here on, as if this process were killed.
    ledger.switchOff()
    gate.settle(await gate.reserve(SUBJECT, costing(6)), spent(1))
    void gate.reserve(SUBJECT, costing(5)).catch(() => null)

    time.advance(LEASE_TTL_MS)
    await ledger.store.expireLeases(time.clock.wallMs())

    expect((await totals(ledger.store))[0]).toMatchObject({ spent: 95, held: 0 })
  })

  test('nothing is noted that the ledger may be giving to a reservation which it was asked for', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(100)], store: ledger.storeWithNotes(), time })
    await fill(gate)

    const [large, small] = await Promise.allSettled([
      gate.reserve(SUBJECT, costing(25)),
      gate.reserve(SUBJECT, costing(5)),
    ])

    expect([large.status, small.status]).toEqual(['fulfilled', 'rejected'])
    expect((await totals(ledger.store))[0]).toMatchObject({ held: 100 })
  })

  test('writes what ended within 50 ms where nothing follows', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: ledger.store, time })
    gate.settle(await gate.reserve(SUBJECT, costing(10)), spent(5))

    time.advance(50)
    await new Promise<void>((resolve) => setImmediate(resolve))

    expect(gate.unwrittenOps()).toBe(0)
    expect((await totals(ledger.store))[0]).toMatchObject({ spent: 5, held: 0 })
  })

  test('asks nothing of the store when no rule applies', async () => {
    const ledger = openMemoryLedger()
    ledger.switchOff()
    const gate = openTestGate({ rules: [dailyUsd(1, { scope: 'team', match: 'other' })], store: ledger.store })

    const hold = await gate.reserve(SUBJECT, costing(5_000))

    expect(hold.lines).toEqual([])
  })
})

describe('when the store is down', () => {
  async function reserveDown(gate: TestGate, time: ReturnType<typeof openFakeClock>, amount: number) {
    const outcome = gate.reserve(SUBJECT, costing(amount)).catch((error: unknown) => error)
    let isDecided = false
    void outcome.then(() => {
      isDecided = true
    })
    while (!isDecided) {
      await Promise.resolve()
      time.advance(10)
    }
    return await outcome
  }

  test('the leased slice is spent, then requests are refused, and all of it is in the ledger once the store is back', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: ledger.store, time })
    gate.settle(await gate.reserve(SUBJECT, costing(100)), spent(100))
    await settled(gate)
    const [before] = await ledger.store.balances()

    ledger.switchOff()
    const fromSlice = await reserveDown(gate, time, before?.leased ?? 0)
    const refused = await reserveDown(gate, time, 1)
    if (!(fromSlice instanceof Error)) gate.settle(fromSlice as Awaited<ReturnType<TestGate['reserve']>>, spent(7))
    ledger.switchOn()
    await gate.drain()

    expect(before?.leased).toBeGreaterThan(0)
    expect((refused as ProxyError).message).toBe('spend limit unavailable')
    expect(await totals(ledger.store)).toEqual([
      { account: 'global:*/day/usd', cap: 1_000, spent: 107, held: 0, leased: 0 },
    ])
    expect(await ledger.store.verifyLedger()).toEqual([])
  })

  test('a store that is slow with the first burst is waited for, longer than with a single request', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const written = Promise.withResolvers<void>()
    const slow: LedgerStore = {
      ...ledger.store,
      apply: async (...args) => {
        await written.promise
        return ledger.store.apply(...args)
      },
    }
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: slow, time })
    const burst = Array.from({ length: 100 }, () => gate.reserve(SUBJECT, costing(1)))
    await Promise.resolve()

    time.advance(50)
    time.advance(50)
    written.resolve()

    expect((await Promise.allSettled(burst)).filter(({ status }) => status === 'rejected')).toEqual([])
  })

  test('a slice whose lease may have run out is not spent', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: ledger.store, time })
    gate.settle(await gate.reserve(SUBJECT, costing(100)), spent(100))
    await settled(gate)

    ledger.switchOff()
    time.advance(LEASE_TTL_MS)

    expect((await reserveDown(gate, time, 1)) as ProxyError).toBeInstanceOf(ProxyError)
  })

  test('the operator may choose that requests pass', async () => {
    const time = openFakeClock(WALL)
    const ledger = openMemoryLedger()
    const gate = openTestGate({ rules: [dailyUsd(1_000)], store: ledger.store, time, onStoreDown: 'allow' })

    ledger.switchOff()
    const hold = (await reserveDown(gate, time, 1)) as Awaited<ReturnType<TestGate['reserve']>>

    expect(hold.lines).toEqual([])
    expect(OUTBOX_OPS_MAX).toBeGreaterThan(gate.unwrittenOps())
  })
})

describe('when a process dies', () => {
  test('its holds are charged as estimated, its slice returns, and a late bill corrects the charge', async () => {
    const time = openFakeClock(WALL)
    const { store } = openMemoryLedger()
    const rules = [dailyUsd(1_000)]
    const dead = openTestGate({ rules, store, time, owner: 'dead' })
    const hold = await dead.reserve(SUBJECT, costing(100))

    time.advance(LEASE_TTL_MS)
    await store.expireLeases(time.clock.wallMs())
    const afterExpiry = await totals(store)
    dead.settle(hold, spent(30))
    await dead.drain()

    expect(afterExpiry).toEqual([{ account: 'global:*/day/usd', cap: 1_000, spent: 100, held: 0, leased: 0 }])
    expect((await totals(store))[0]?.spent).toBe(30)
    expect(await store.verifyLedger()).toEqual([])
  })

  test('an owner that was taken for dead leases anew and never spends what was given away', async () => {
    const time = openFakeClock(WALL)
    const { store } = openMemoryLedger()
    const rules = [dailyUsd(1_000)]
    const slow = openTestGate({ rules, store, time, owner: 'slow' })
    slow.release(await slow.reserve(SUBJECT, costing(100)))
    await settled(slow)

    time.jump(24 * 60_000)
    await store.expireLeases(time.clock.wallMs())
    const other = openTestGate({ rules, store, time, owner: 'other' })
    await other.reserve(SUBJECT, costing(1_000))
    const refusal = await refusalOf(slow.reserve(SUBJECT, costing(1)))

    expect(refusal.kind).toBe('budget_exhausted')
  })
})
