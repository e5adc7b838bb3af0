import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { LEASE_TTL_MS } from '../../src/core/limits.ts'
import { type LedgerLine, StoreError } from '../../src/core/store.ts'
import { openInflightNotes } from '../../src/store/inflight-notes.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'lynkr-notes-')), 'lynkr.db')
const reserve = (holdId: string, lines: readonly LedgerLine[]) =>
  ({ kind: 'reserve', holdId, lines, isDispatched: true }) as const
const settle = (holdId: string, lines: readonly LedgerLine[]) =>
  ({ kind: 'settle', holdId, lines, keepsRest: true }) as const
const line = (amount: number) => ({ account: 'global/day/usd', windowIndex: 20_000, cap: 1_000, amount })

test('another process reads what was noted and not erased', () => {
  const path = newPath()
  const notes = openInflightNotes(path)
  notes.renew('a')
  notes.tryNote(reserve('a.1', [line(10)]))
  notes.tryNote(reserve('a.2', [line(20)]))?.erase()

  const left = openInflightNotes(path).read('a')

  expect(left).toEqual([{ kind: 'reserve', holdId: 'a.1', lines: [line(10)], isDispatched: true }])
})

test('a reservation that became a charge is read as that, and its place takes a reservation again', () => {
  const path = newPath()
  const notes = openInflightNotes(path)
  notes.renew('a')
  const note = notes.tryNote(reserve('a.1', [line(10), line(20)]))
  const isNoted = note?.tryCharge([3, 0], true)
  const charged = openInflightNotes(path).read('a')
  note?.erase()
  const erased = openInflightNotes(path).read('a')
  for (let i = 0; i < 1_024; i++) notes.tryNote(reserve(`a.${i}`, [line(1)]))

  expect([isNoted, erased]).toEqual([true, []])
  expect(charged).toEqual([
    { kind: 'charge', holdId: 'a.1', lines: [line(10), line(20)], charged: [3, 0], keepsRest: true },
  ])
  expect(new Set(notes.read('a').map(({ kind }) => kind))).toEqual(new Set(['reserve']))
})

test('where a file of notes could not be made, notes are taken again once there is room for one', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'lynkr-notes-')), 'full')
  const notes = openInflightNotes(join(folder, 'lynkr.db'))
  notes.renew('a')
  const first = notes.tryNote(reserve('a.0', [line(10)]))

  mkdirSync(folder)
  const later = Array.from({ length: 1_100 }, (_, i) => notes.tryNote(reserve(`a.${i + 1}`, [line(10)])))

  expect([first, later[0]]).toEqual([null, null])
  expect(later.at(-1)).not.toBeNull()
})

test('a charge that its place has no room for leaves the reservation as it was', () => {
  const path = newPath()
  const notes = openInflightNotes(path)
  notes.renew('a')
  const long = reserve('a.1', [{ ...line(10), account: `key:${'x'.repeat(350)}/day/usd` }])
  const note = notes.tryNote(long)

  const isNoted = note?.tryCharge([1_000_000_000_000, 1_000_000_000_000], false)

  expect([note === null, isNoted, openInflightNotes(path).read('a')]).toEqual([false, false, [long]])
})

test('nothing is noted before the lease begins, nor what is too long, nor more than there is room for', () => {
  const notes = openInflightNotes(newPath())
  const before = notes.tryNote(reserve('a.0', [line(1)]))
  notes.renew('a')
  const long = notes.tryNote(reserve('a.1', [{ ...line(1), account: `key:${'ü'.repeat(300)}/day/usd` }]))

  const noted = Array.from({ length: 2_000 }, (_, i) => notes.tryNote(reserve(`a.${i}`, [line(1)])))

  expect([before, long]).toEqual([null, null])
  expect(noted.filter((note) => note !== null).length).toBe(1_024)
  noted[0]?.erase()
  expect(notes.tryNote(reserve('a.again', [line(1)]))).not.toBeNull()
})

test('notes of before a lease was lost do not stand in the way of new ones', () => {
  const path = newPath()
  const notes = openInflightNotes(path)
  notes.renew('a')
  const note = notes.tryNote(reserve('a.1', [line(1)]))
  notes.renew('a')
  notes.tryNote(reserve('a.2', [line(2)]))
  note?.erase()

  expect(notes.read('a').map(({ holdId }) => holdId)).toEqual(['a.2'])
})

test('a file without notes goes with its process; one with notes stays for whoever ends the lease', () => {
  const path = newPath()
  const [clean, killed] = [openInflightNotes(path), openInflightNotes(path)]
  clean.renew('clean')
  killed.renew('killed')
  killed.tryNote(reserve('killed.1', [line(1)]))

  clean.close()
  killed.close()

  expect([existsSync(`${path}-inflight-clean`), existsSync(`${path}-inflight-killed`)]).toEqual([false, true])
})

test('what a dead process has noted is charged as estimated when its lease ends, once, and settled ones are not', async () => {
  const path = newPath()
  const open = () => openSqliteStore({ path, scheduler: systemScheduler, random: () => 0.5 })
  const [dead, alive] = [await open(), await open()]
  await dead.apply('dead', [], WALL)
  dead.notes?.renew('dead')
  for (const id of ['dead.1', 'dead.2', 'dead.3']) dead.notes?.tryNote(reserve(id, [line(100)]))
  const written = (holdId: string) => reserve(holdId, [line(100)])
  await dead.apply('dead', [written('dead.2'), written('dead.3'), settle('dead.2', [line(5)])], WALL)

  const ended = [await alive.expireLeases(WALL + LEASE_TTL_MS), await alive.expireLeases(WALL + LEASE_TTL_MS)]

  expect(ended).toEqual([1, 0])
  expect(await alive.balances()).toEqual([{ ...balance, spent: 205, held: 0, leased: 0 }])
  expect(await alive.verifyLedger()).toEqual([])
  expect(existsSync(`${path}-inflight-dead`)).toBe(false)
})

const balance = { account: 'global/day/usd', windowIndex: 20_000, cap: 1_000 }

test('what a dead process had settled is charged as it was, whatever of it the ledger knew', async () => {
  const path = newPath()
  const open = () => openSqliteStore({ path, scheduler: systemScheduler, random: () => 0.5 })
  const [dead, alive] = [await open(), await open()]
  await dead.apply('dead', [], WALL)
  dead.notes?.renew('dead')
  // The second's reservation is in the ledger already, the third's bill too.
  dead.notes?.tryNote(settle('dead.1', [line(3)]))
  dead.notes?.tryNote(reserve('dead.1', [line(100)]))
  dead.notes?.tryNote(settle('dead.2', [line(5)]))
  dead.notes?.tryNote(settle('dead.3', [line(7)]))
  const known = [reserve('dead.2', [line(100)]), reserve('dead.3', [line(100)]), settle('dead.3', [line(7)])]
  await dead.apply('dead', known, WALL)

  await alive.expireLeases(WALL + LEASE_TTL_MS)

  expect(await alive.balances()).toEqual([{ ...balance, spent: 15, held: 0, leased: 0 }])
  expect(await alive.verifyLedger()).toEqual([])
})

test('a note that cannot be read keeps no lease from its end, neither this one nor others', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path, scheduler: systemScheduler, random: Math.random })
  await store.apply('a', [], WALL)
  await store.apply('b', [reserve('b.1', [line(20)])], WALL)
  const notes = openInflightNotes(path)
  notes.renew('a')
  for (const i of [1, 2]) notes.tryNote(reserve(`a.${i}`, [line(10)]))
  const bytes = readFileSync(`${path}-inflight-a`)
  bytes.fill(0, bytes.indexOf('a.1'), bytes.indexOf('a.1') + 20)
  writeFileSync(`${path}-inflight-a`, bytes)

  const ended = await store.expireLeases(WALL + LEASE_TTL_MS)

  expect(ended).toBe(2)
  expect((await store.balances()).map(({ spent, held, leased }) => [spent, held, leased])).toEqual([[30, 0, 0]])
  await store.close()
})

test('notes of a process that the ledger knows no more are gone with the next start, those of one that holds a lease stay', async () => {
  const path = newPath()
  const open = () => openSqliteStore({ path, scheduler: systemScheduler, random: () => 0.5 })
  const first = await open()
  await first.apply('alive', [], WALL)
  for (const owner of ['alive', 'dead']) {
    first.notes?.renew(owner)
    first.notes?.tryNote(reserve(`${owner}.1`, [line(100)]))
  }
  writeFileSync(`${path}-other`, '')

  await (await open()).close()

  const files = ['inflight-alive', 'inflight-dead', 'other'].map((name) => existsSync(`${path}-${name}`))
  expect(files).toEqual([true, false, true])
  expect(await first.balances()).toEqual([])
})

test('who notes nothing has no file', () => {
  const path = newPath()

  openInflightNotes(path).renew('a')

  expect(existsSync(`${path}-inflight-a`)).toBe(false)
})

test('where no file can be made nothing is noted', () => {
  const notes = openInflightNotes(join(newPath(), 'no-folder', 'lynkr.db'))

  notes.renew('a')

  expect(notes.tryNote(reserve('a.1', [line(1)]))).toBeNull()
})

test('what a dead process has noted and the ledger refuses keeps the leases of no other from ending', async () => {
  const path = newPath()
  const open = () => openSqliteStore({ path, scheduler: systemScheduler, random: () => 0.5 })
  const [bad, good, alive] = [await open(), await open(), await open()]
  for (const [owner, store] of Object.entries({ bad, good })) {
    await store.apply(owner, [], WALL)
    store.notes?.renew(owner)
    store.notes?.tryNote(reserve(`${owner}.1`, [line(100)]))
  }
  const other = new Database(path)
  other.run(`create trigger refused before insert on journal when new.hold_id = 'bad.1'
    begin select raise(abort, 'refused'); end`)

  const refused = await alive.expireLeases(WALL + LEASE_TTL_MS).catch((cause: unknown) => cause)
  const [meanwhile] = await alive.balances()
  other.run('drop trigger refused')
  const ended = await alive.expireLeases(WALL + 2 * LEASE_TTL_MS)
  const [then] = await alive.balances()

  expect(refused).toBeInstanceOf(StoreError)
  expect([meanwhile?.spent, ended, then?.spent]).toEqual([100, 1, 200])
  expect(await alive.verifyLedger()).toEqual([])
})

test('neither do many dead processes of which the ledger refuses something for good', async () => {
  const path = newPath()
  const open = () => openSqliteStore({ path, scheduler: systemScheduler, random: () => 0.5 })
  const owners = [...Array.from({ length: 25 }, (_, i) => `bad-${i}`), 'good']
  for (const owner of owners) {
    const store = await open()
    await store.apply(owner, [], WALL)
    store.notes?.renew(owner)
    store.notes?.tryNote(reserve(`${owner}.1`, [line(10)]))
  }
  const alive = await open()
  new Database(path).run(`create trigger refused before insert on journal when new.hold_id like 'bad-%'
    begin select raise(abort, 'refused'); end`)

  for (let i = 0; i < 2; i++) await alive.expireLeases(WALL + LEASE_TTL_MS).catch(() => null)
  const [balance] = await alive.balances()

  expect(balance?.spent).toBe(10)
})
