import { describe, expect, test } from 'bun:test'
import { ASKED_MODEL_CHARS_MAX, LEASE_TTL_MS } from '../../src/core/limits.ts'
import type { KeyRecord, LedgerOp, Store } from '../../src/core/store.ts'
import { keyRecord, usageRow } from './store-contract-rows.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const DAY_MS = 86_400_000

/** What every store must do. `open` gives a store whose rows no other test sees. */
export function describeStore(open: () => Promise<Store>): void {
  describe('ledger', () => describeLedger(open))
  describe('keys', () => describeKeys(open))
  describe('usage', () => describeUsage(open))
}

let serial = 0

function bucket(cap = 1_000) {
  const account = `key:k${serial++}/day/usd`
  return (amount: number) => ({ account, windowIndex: 20_000, cap, amount })
}

const reserve = (holdId: string, lines: ReturnType<ReturnType<typeof bucket>>[], isDispatched = false): LedgerOp => ({
  kind: 'reserve',
  holdId,
  lines,
  isDispatched,
})

function describeLedger(open: () => Promise<Store>): void {
  async function balanceOf(store: Store, line: ReturnType<typeof bucket>) {
    const found = (await store.balances()).find((balance) => balance.account === line(0).account)
    return found && [found.spent, found.held, found.leased]
  }

  test('a reservation is held, a settlement charges what was used and gives the rest back', async () => {
    const store = await open()
    const line = bucket()

    await store.apply('a', [reserve('a.1', [line(600)])], WALL)
    const held = await balanceOf(store, line)
    await store.apply('a', [{ kind: 'settle', holdId: 'a.1', lines: [line(250)], keepsRest: false }], WALL)

    expect(held?.slice(0, 2)).toEqual([0, 600])
    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([250, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a reservation takes every bucket or none, and says what each could give', async () => {
    const store = await open()
    const [wide, tight] = [bucket(1_000), bucket(10)]

    const { results } = await store.apply('a', [reserve('a.1', [wide(11), tight(11)])], WALL)

    expect(results).toEqual([{ kind: 'refused', lines: [{ available: 1_000 }, { available: 10 }] }])
    expect([await balanceOf(store, wide), await balanceOf(store, tight)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  test('operations of one batch see each other, in order', async () => {
    const store = await open()
    const line = bucket(100)

    const { results } = await store.apply(
      'a',
      [
        reserve('a.1', [line(100)]),
        reserve('a.2', [line(1)]),
        { kind: 'release', holdId: 'a.1', lines: [line(0)], keepsRest: false },
        reserve('a.3', [line(100)]),
      ],
      WALL,
    )

    expect(results.map((result) => result.kind)).toEqual(['done', 'refused', 'done', 'done'])
    expect(await balanceOf(store, line)).toEqual([0, 100, 0])
  })

  test('a budget can be that of the longest name that a model may have, in any script', async () => {
    const store = await open()
    // Nothing that a database could make shorter.
    const name = Array.from({ length: ASKED_MODEL_CHARS_MAX }, (_, i) =>
      String.fromCharCode(0x4e00 + ((i * 7_919 + i * i * 31) % 20_000)),
    ).join('')
    const line = { account: `model:${name}/minute/requests`, windowIndex: 29_400_000, cap: 10, amount: 1 }

    const { results } = await store.apply('a', [reserve('a.1', [line])], WALL)

    expect(results.map(({ kind }) => kind)).toEqual(['done'])
  })

  test('replayed operations change nothing', async () => {
    const store = await open()
    const line = bucket()
    const ops = [
      reserve('a.1', [line(100)]),
      { kind: 'settle', holdId: 'a.1', lines: [line(40)], keepsRest: false } as const,
    ]

    for (let i = 0; i < 3; i++) await store.apply('a', ops, WALL)

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([40, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a bill that somebody else entered before its reservation came is charged once', async () => {
    const store = await open()
    const line = bucket()
    const settle: LedgerOp = { kind: 'settle', holdId: 'a.1', lines: [line(40)], keepsRest: false }

    await store.apply('b', [settle], WALL)
    await store.apply('a', [reserve('a.1', [line(100)], true), settle], WALL)

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([40, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a charge is what its reservation and its bill would have been, and a replay of it changes nothing', async () => {
    const [one, two] = [await open(), await open()]
    const [line, other] = [bucket(), bucket()]
    const charge = (of: typeof line): LedgerOp => ({
      kind: 'charge',
      holdId: 'a.1',
      lines: [of(600)],
      charged: [250],
      keepsRest: true,
    })
    const settle: LedgerOp = { kind: 'settle', holdId: 'b.1', lines: [other(250)], keepsRest: true }

    const { results } = await one.apply('a', [charge(line)], WALL)
    for (let i = 0; i < 2; i++) await one.apply('a', [charge(line)], WALL)
    const apart = await two.apply('b', [reserve('b.1', [other(600)], true), settle], WALL)

    const [together, stepwise] = [results[0], apart.results[1]]
    expect(together?.kind === 'done' && together.lines[0]?.sliceFree).toBe(
      stepwise?.kind === 'done' && stepwise.lines[0]?.sliceFree,
    )
    expect(await balanceOf(one, line)).toEqual(await balanceOf(two, other))
    expect((await balanceOf(one, line))?.slice(0, 2)).toEqual([250, 0])
    expect(await one.verifyLedger()).toEqual([])
  })

  test.each([
    ['is open', false],
    ['was charged as estimated, because its lease ran out', true],
  ])('a charge of a hold that %s settles it', async (_, isExpired) => {
    const store = await open()
    const line = bucket()
    await store.apply('a', [reserve('a.1', [line(600)], true)], WALL)
    if (isExpired) await store.expireLeases(WALL + LEASE_TTL_MS)

    await store.apply(
      'a',
      [{ kind: 'charge', holdId: 'a.1', lines: [line(600)], charged: [250], keepsRest: false }],
      WALL + LEASE_TTL_MS,
    )

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([250, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('two owners together never get more than the cap', async () => {
    const store = await open()
    const line = bucket(100)
    const one = (owner: string, i: number) => store.apply(owner, [reserve(`${owner}.${i}`, [line(10)])], WALL)

    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => one(i % 2 === 0 ? 'a' : 'b', i)))

    const done = replies.filter((reply) => reply.results[0]?.kind === 'done').length
    const [spent = 0, held = 0, leased = 0] = (await balanceOf(store, line)) ?? []
    expect(done).toBeGreaterThanOrEqual(8)
    expect(held).toBe(done * 10)
    expect(spent + held + leased).toBeLessThanOrEqual(100)
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a hold that opens and closes in one batch is one entry, and a replay of either changes nothing', async () => {
    const store = await open()
    const line = bucket()
    const ops: LedgerOp[] = [
      reserve('a.1', [line(600)], true),
      { kind: 'settle', holdId: 'a.1', lines: [line(250)], keepsRest: false },
    ]

    await store.apply('a', ops, WALL)
    await store.apply('a', ops, WALL)

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([250, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a lease that runs out charges its holds as estimated and returns its slice; a late bill corrects it', async () => {
    const store = await open()
    const line = bucket()
    await store.apply('dead', [reserve('dead.1', [line(100)])], WALL)
    await store.apply('alive', [reserve('alive.1', [line(50)])], WALL + 1)

    const ended = await store.expireLeases(WALL + LEASE_TTL_MS)
    const charged = await balanceOf(store, line)
    const { wasVoid } = await store.apply(
      'dead',
      [{ kind: 'settle', holdId: 'dead.1', lines: [line(30)], keepsRest: true }],
      WALL,
    )

    expect([ended, charged?.[0], charged?.[1]]).toEqual([1, 100, 50])
    expect([wasVoid, (await balanceOf(store, line))?.[0]]).toEqual([true, 30])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('a clock that went back an hour keeps nothing reserved for an hour', async () => {
    const store = await open()
    const line = bucket()
    await store.apply('dead', [reserve('dead.1', [line(100)])], WALL + 3_600_000)

    const first = await store.expireLeases(WALL)
    const second = await store.expireLeases(WALL + LEASE_TTL_MS)

    expect([first, second]).toEqual([0, 1])
    expect((await balanceOf(store, line))?.[1]).toBe(0)
  })

  test('a bucket is forgotten once its window has ended and nothing is held in it, its journal with it', async () => {
    const store = await open()
    const [old, held] = [bucket()(10), bucket()(10)]
    const young = { ...old, windowIndex: old.windowIndex + 1 }
    for (const [i, one] of [old, young].entries()) {
      await store.apply('a', [reserve(`a.${i}`, [one])], WALL)
      await store.apply('a', [{ kind: 'settle', holdId: `a.${i}`, lines: [one], keepsRest: false }], WALL)
      await store.apply('a', [{ kind: 'trim', lines: [{ ...one, amount: 1_000 }] }], WALL)
    }
    await store.apply('a', [reserve('a.2', [held])], WALL)

    const early = await store.pruneLedger(20_001 * DAY_MS - 1)
    const gone = await store.pruneLedger(20_001 * DAY_MS)

    expect([early, gone]).toEqual([0, 1])
    const left = await store.balances()
    const standOf = ({ account, windowIndex }: typeof old) =>
      left
        .filter((one) => one.account === account && one.windowIndex === windowIndex)
        .map((one) => [one.spent, one.held])
    expect([standOf(old), standOf(young), standOf(held)]).toEqual([[], [[10, 0]], [[0, 10]]])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('what is said to be new is looked up all the same where the lease was lost', async () => {
    const store = await open()
    const line = bucket()
    const charge: LedgerOp = { kind: 'charge', holdId: 'a.1', lines: [line(600)], charged: [250], keepsRest: false }
    await store.apply('a', [reserve('a.1', [line(600)], true)], WALL)
    await store.expireLeases(WALL + LEASE_TTL_MS)

    await store.apply('a', [charge], WALL + LEASE_TTL_MS, true)

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([250, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('new operations and bills of earlier ones share a batch', async () => {
    const store = await open()
    const [line, other] = [bucket(), bucket()]
    await store.apply('a', [reserve('a.1', [line(600)], true)], WALL, true)

    await store.apply(
      'a',
      [
        { kind: 'settle', holdId: 'a.1', lines: [line(250)], keepsRest: false },
        { kind: 'charge', holdId: 'a.2', lines: [line(10), other(10)], charged: [3, 4], keepsRest: false },
        reserve('a.3', [other(20)], true),
        { kind: 'release', holdId: 'a.3', lines: [other(0)], keepsRest: false },
      ],
      WALL,
      true,
    )

    expect((await balanceOf(store, line))?.slice(0, 2)).toEqual([253, 0])
    expect((await balanceOf(store, other))?.slice(0, 2)).toEqual([4, 0])
    expect(await store.verifyLedger()).toEqual([])
  })

  test('sums beyond 2^31 stay exact', async () => {
    const store = await open()
    const line = bucket(9_000_000_000_000)

    await store.apply('a', [reserve('a.1', [line(8_999_999_999_999)])], WALL)

    expect((await balanceOf(store, line))?.[1]).toBe(8_999_999_999_999)
  })
}

function describeKeys(open: () => Promise<Store>): void {
  test('a key is found by its hash, whole, and by no other', async () => {
    const store = await open()
    const key = keyRecord({ name: "o'neil; drop table api_key --" })

    await store.insertKey(key)

    expect(await store.findKeyByHash(key.hash)).toEqual(key)
    expect(await store.findKeyByHash('hash-of-nobody')).toBeNull()
  })

  test('ids and hashes are unique', async () => {
    const store = await open()
    const key = keyRecord()
    await store.insertKey(key)

    expect(store.insertKey(keyRecord({ hash: key.hash }))).rejects.toThrow()
    expect(store.insertKey({ ...keyRecord(), id: key.id })).rejects.toThrow()
  })

  test('a change replaces the row; a change of nobody says so', async () => {
    const store = await open()
    const key = keyRecord()
    await store.insertKey(key)
    const revoke = (one: KeyRecord) => ({ ...one, revokedWallMs: WALL + 1 })

    const changed = await store.changeKey(key.id, revoke)

    const ofNobody = [keyRecord().id, 'key_\0', 'key_\ud800'].map((id) => store.changeKey(id, revoke))
    expect([changed, ...(await Promise.all(ofNobody))]).toEqual([revoke(key), null, null, null])
    expect(await store.findKeyByHash(key.hash)).toEqual(revoke(key))
  })

  test('of many changes at once none is lost', async () => {
    const store = await open()
    const key = keyRecord({ name: '' })
    await store.insertKey(key)
    const letters = [...'abcdefgh']

    await Promise.all(letters.map((one) => store.changeKey(key.id, (old) => ({ ...old, name: old.name + one }))))

    expect([...((await store.findKeyByHash(key.hash))?.name ?? '')].sort()).toEqual(letters)
  })
}

function describeUsage(open: () => Promise<Store>): void {
  test('rows are summed by any grouping, days in UTC', async () => {
    const store = await open()
    const next = Date.parse('2026-11-23T00:00:00Z')
    await store.insertUsage([usageRow(), usageRow({ wallMs: next - 1 }), usageRow({ wallMs: next, keyId: 'k2' })])

    const sums = await store.sumUsage({ fromWallMs: 0, toWallMs: next + 1, groupBy: ['day', 'key'] })

    expect(sums.map((sum) => [...sum.group, sum.requests, sum.costMicroUsd])).toEqual([
      ['2026-11-22', 'k1', 2, 10],
      ['2026-11-23', 'k2', 1, 5],
    ])
  })

  test('requests that used tokens and cost nothing are counted among the others', async () => {
    const store = await open()
    const unused = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 }
    const free = { costMicroUsd: 0 }
    await store.insertUsage([usageRow(), usageRow(free), usageRow(free), usageRow({ ...free, ...unused })])

    const [sum] = await store.sumUsage({ fromWallMs: 0, toWallMs: WALL + 1, groupBy: [] })

    expect([sum?.requests, sum?.costlessRequests]).toEqual([4, 2])
  })

  test('a row is kept whatever its provider calls the model', async () => {
    const store = await open()
    const models = ['nul\0', 'half\ud800', 'x'.repeat(2_000)]

    await store.insertUsage(models.map((model) => usageRow({ model })))

    const sums = await store.sumUsage({ groupBy: ['model'], fromWallMs: 0, toWallMs: WALL + 1 })
    expect(sums.map(({ group }) => group[0]).sort()).toEqual([
      'half\ufffd',
      'nul\ufffd',
      'x'.repeat(ASKED_MODEL_CHARS_MAX),
    ])
  })

  test('a request is counted once, however often its row is sent', async () => {
    const store = await open()
    const row = usageRow()

    for (let i = 0; i < 2; i++) await store.insertUsage([row, usageRow({ requestId: row.requestId })])

    expect((await store.sumUsage({ fromWallMs: 0, toWallMs: WALL + 1, groupBy: [] }))[0]?.requests).toBe(1)
  })

  test('no rows sum to nothing, and the retention forgets what is older', async () => {
    const store = await open()
    const query = { fromWallMs: 0, toWallMs: WALL + 10, groupBy: ['model'] as const }
    const empty = await store.sumUsage(query)
    await store.insertUsage([usageRow({ wallMs: WALL - 1 }), usageRow()])

    const gone = await store.pruneUsage(WALL)

    expect([empty, gone, (await store.sumUsage(query))[0]?.requests]).toEqual([[], 1, 1])
  })

  test('a thousand rows are written at once', async () => {
    const store = await open()

    await store.insertUsage(Array.from({ length: 1_001 }, () => usageRow()))

    expect((await store.sumUsage({ fromWallMs: 0, toWallMs: WALL + 1, groupBy: [] }))[0]?.requests).toBe(1_001)
  })
}
