import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, spyOn, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nextTurn, type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/random.ts'
import { type Store, StoreError } from '../../src/core/store.ts'
import { SQLITE_MIGRATIONS } from '../../src/store/migrations.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'
import { describeStore } from '../support/store-contract.ts'
import { usageRow } from '../support/store-contract-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let serial = 0
const freshPath = () => join(folder, `${serial++}.db`)
const open = (path: string) => openSqliteStore({ path, scheduler: systemScheduler, random: systemRandom })

async function faultOf(promise: Promise<unknown>): Promise<StoreError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(thrown)}`)
  return thrown
}

describe('the SQLite store', () => describeStore(() => open(freshPath())))

test('the SQLite file is opened with the settings of the contract', async () => {
  const path = freshPath()
  using pragmas = watchPragmas()
  const store = await open(path)
  await store.close()

  const [mode] = new Database(path).query('pragma journal_mode').values()

  expect(mode).toEqual(['wal'])
  expect(pragmas.said()).toContain('pragma synchronous = normal')
  expect(pragmas.said()).toContain('pragma cache_size = -65536')
  expect(pragmas.said()).toContain('pragma temp_store = memory')
})

test('what SQLite keeps in memory is given back every ten seconds, for as long as the file is open', async () => {
  const timers: { readonly intervalMs: number; run: (() => void) | null }[] = []
  const scheduler: Scheduler = {
    after: () => () => undefined,
    every(intervalMs, run) {
      const timer = { intervalMs, run: run as (() => void) | null }
      timers.push(timer)
      return () => {
        timer.run = null
      }
    },
  }
  using pragmas = watchPragmas()
  const store = await openSqliteStore({ path: freshPath(), scheduler, random: systemRandom })

  for (const { run } of timers) run?.()
  const said = pragmas.said().filter((text) => text === 'pragma shrink_memory')
  await store.close()

  expect(said).toHaveLength(1)
  expect(timers).toEqual([{ intervalMs: 10_000, run: null }])
})

/** What SQLite is told of itself meanwhile. */
function watchPragmas() {
  const run = spyOn(Database.prototype, 'run')
  return {
    said: () => run.mock.calls.map(([text]) => text).filter((text) => text.startsWith('pragma')),
    [Symbol.dispose]: () => void run.mockRestore(),
  }
}

test('the SQLite file, and those beside it, are for nobody else to read', async () => {
  const path = freshPath()
  const store = await open(path)

  const modes = ['', '-wal', '-shm'].map((ending) => statSync(path + ending).mode & 0o777)
  await store.close()

  expect(modes).toEqual([0o600, 0o600, 0o600])
})

test('a new file that another process has locked to make the same of it is waited for', async () => {
  const path = freshPath()
  const other = new Database(path, { create: true })
  other.run('begin exclusive')

  const opening = open(path)
  await nextTurn()
  other.run('commit')
  other.close()

  expect(await (await opening).listKeys()).toEqual([])
})

test('an older file that another process is bringing up to date is waited for, however many rows it has', async () => {
  const path = freshPath()
  const other = new Database(path, { create: true })
  other.run('pragma journal_mode = wal')
  for (const migration of SQLITE_MIGRATIONS.slice(0, 2)) other.run(migration)
  other.run('pragma user_version = 2')
  other.run('begin immediate')
  let waits = 0
  const after = (_delayMs: number, run: () => void) => {
    if (++waits === 60) {
      for (const migration of SQLITE_MIGRATIONS.slice(2)) other.run(migration)
      other.run(`pragma user_version = ${SQLITE_MIGRATIONS.length}`)
      other.run('commit')
      other.close()
    }
    return systemScheduler.after(0, run)
  }

  const store = await openSqliteStore({ path, scheduler: { ...systemScheduler, after }, random: systemRandom })

  expect([await store.listKeys(), waits]).toEqual([[], 60])
})

describe('for reading', () => {
  const openForReading = (path: string) =>
    openSqliteStore({ path, scheduler: systemScheduler, random: systemRandom, isForReading: true })

  test('a file of any name is read while another process writes it, and takes no change', async () => {
    const path = join(folder, 'a b%20c?d#e.db')
    const store = await open(path)
    const reader = await openForReading(path)
    await store.insertUsage([usageRow()])

    const [sum] = await reader.sumUsage({ fromWallMs: 0, toWallMs: 2e12, groupBy: [] })
    const fault = await faultOf(reader.insertUsage([usageRow()]))

    expect([sum?.requests, fault.fault]).toEqual([1, 'read_only'])
  })

  test('an older file stays as it is, for the lynkr that runs', async () => {
    const path = freshPath()
    const old = new Database(path)
    for (const migration of SQLITE_MIGRATIONS.slice(0, 2)) old.run(migration)
    old.run('pragma user_version = 2')

    const fault = await faultOf(openForReading(path))

    expect([fault.fault, fault.message]).toEqual(['older_schema', expect.stringContaining('lynkr serve')])
    expect(old.query('pragma user_version').values()).toEqual([[2]])
  })

  test('a file without anything in it, as a start on a full disk leaves it, is none of an older lynkr', async () => {
    const path = freshPath()
    const empty = new Database(path)
    empty.run('pragma journal_mode = wal')
    empty.close()

    const reader = await openForReading(path)

    expect(await reader.listKeys()).toEqual([])
  })

  test('a file that cannot be looked for is not taken for one that is not there', async () => {
    const loop = join(folder, 'loop')
    symlinkSync(loop, loop)

    const fault = await faultOf(openForReading(join(loop, 'lynkr.db')))

    expect([fault.fault, fault.message]).toEqual(['missing', expect.stringContaining('check its owner and mode')])
  })

  test('where there is no file, nothing is in it, and none is made', async () => {
    const path = freshPath()

    const reader = await openForReading(path)

    expect(await reader.listKeys()).toEqual([])
    expect(existsSync(path)).toBe(false)
  })
})

describe('migrations', () => {
  test.each(SQLITE_MIGRATIONS.map((_, version) => version))(
    'lead from schema %p to the newest and keep the rows',
    async (version) => {
      const path = freshPath()
      const old = new Database(path)
      for (const migration of SQLITE_MIGRATIONS.slice(0, version)) old.run(migration)
      old.run(`pragma user_version = ${version}`)
      if (version > 0) old.run("insert into api_key values ('k', 'h', '{\"id\":\"k\"}')")
      old.close()

      const store = await open(path)

      expect(await store.listKeys()).toEqual(version > 0 ? [expect.objectContaining({ id: 'k' })] : [])
      await store.insertUsage([usageRow()])
    },
  )

  test('lead from a ledger and usage of schema 2 to the same sums, still append-only, which can be forgotten', async () => {
    const path = freshPath()
    const old = new Database(path)
    for (const migration of SQLITE_MIGRATIONS.slice(0, 2)) old.run(migration)
    old.run('pragma user_version = 2')
    old.run(`insert into budget_owner values ('o', 1, 2);
      insert into budget_balance values ('key:a/day/usd#20000', 'key:a/day/usd', 20000, 100, 60, 0, 0),
        ('key:b/day/usd#20000', 'key:b/day/usd', 20000, 100, 0, 30, 10);
      insert into budget_slice values ('o', 'key:b/day/usd#20000', 10);
      insert into budget_hold values ('o.z', 'key:b/day/usd#20000', 'o', 'key:b/day/usd', 20000, 30);
      insert into journal (wall_ms, kind, hold_id, bucket, from_side, to_side, amount) values
        (5, 'reserve', 'o.1', 'key:a/day/usd#20000', 'available', 'held', 70),
        (5, 'reserve', 'o.z', 'key:b/day/usd#20000', 'available', 'held', 30),
        (6, 'settle', 'o.1', 'key:a/day/usd#20000', 'held', 'spent', 40),
        (6, 'release', 'o.1', 'key:a/day/usd#20000', 'held', 'available', 30),
        (7, 'settle', 'o.0', 'key:a/day/usd#20000', 'available', 'spent', 20);
      insert into usage_row values
        ('r2', 2, '1970-01-01', 'k1', '', '', 'messages', 'p', 'm', 1, 2, 3, 4, 5, 0),
        ('r1', 2, '1970-01-01', 'k1', '', '', 'messages', 'p', 'm', 1, 2, 3, 4, 6, 1),
        ('r0', 1, '1970-01-01', 'k2', '', '', 'messages', 'p', 'm', 1, 2, 3, 4, 7, 0)`)
    old.close()

    const store = await open(path)

    expect(await store.verifyLedger()).toEqual([])
    expect((await store.balances()).map(({ spent, held, leased }) => [spent, held, leased])).toEqual([
      [60, 0, 0],
      [0, 30, 10],
    ])
    const sums = await store.sumUsage({ fromWallMs: 0, toWallMs: 3, groupBy: ['key'] })
    expect(sums.map(({ group, requests, costMicroUsd }) => [...group, requests, costMicroUsd])).toEqual([
      ['k1', 2, 11],
      ['k2', 1, 7],
    ])
    expect(() => new Database(path).run('update journal set amount = 1')).toThrow('append-only')
    const bill = { account: 'key:b/day/usd', windowIndex: 20_000, cap: 100, amount: 25 }
    await store.apply('o', [{ kind: 'settle', holdId: 'o.z', lines: [bill], keepsRest: false }], 8)
    expect(await store.pruneLedger(20_001 * 86_400_000)).toBe(1)
    expect((await store.balances()).map(({ account, spent, held }) => [account, spent, held])).toEqual([
      ['key:b/day/usd', 25, 0],
    ])
    expect(await store.verifyLedger()).toEqual([])
    await store.close()
  })

  test('a file of a newer lynkr is refused and left alone', async () => {
    const path = freshPath()
    new Database(path).run('pragma user_version = 99')

    expect((await faultOf(open(path))).fault).toBe('newer_schema')
  })

  test('a file that a newer lynkr brings up to date under this one takes no more from it, and says why', async () => {
    const path = freshPath()
    const store = await open(path)
    using newer = new Database(path)

    newer.run('pragma user_version = 99')
    const fault = await faultOf(store.insertUsage([usageRow()]))

    expect([fault.fault, fault.message]).toEqual([
      'newer_schema',
      `${path} was written by a newer lynkr (schema 99, this one knows ${SQLITE_MIGRATIONS.length}); update lynkr`,
    ])
    await store.close()
  })
})

test('a long journal is forgotten in pieces, and a ledger whose process ends between two of them is sound', async () => {
  const path = freshPath()
  const store = await open(path)
  const [long, short] = ['key:long', 'key:short'].map((key) => ({ account: `${key}/day/usd`, windowIndex: 20_000 }))
  if (long === undefined || short === undefined) throw new Error('unreachable')
  const charge = (of: typeof long, i: number) => {
    const lines = [{ ...of, cap: 1_000_000, amount: 3 }]
    return { kind: 'charge', holdId: `a.${10_000 + i}`, lines, charged: [2], keepsRest: false } as const
  }
  const entries = Array.from({ length: 2_500 }, (_, i) => charge(long, i))
  await store.apply('a', [...entries, charge(short, 0)], 1)
  const trim = [long, short].map((of) => ({ ...of, cap: 1_000_000, amount: 1_000_000 }))
  await store.apply('a', [{ kind: 'trim', lines: trim }], 1)
  const spentIn = async (of: Store) => (await of.balances()).map(({ spent }) => spent)

  const pruning = faultOf(store.pruneLedger(20_001 * 86_400_000))
  await nextTurn()
  await store.close()
  await pruning
  const next = await open(path)

  const [left = 0, whole] = await spentIn(next)
  expect([left > 0, left < 5_000, whole]).toEqual([true, true, 2])
  expect(await next.verifyLedger()).toEqual([])
  expect(await next.pruneLedger(20_001 * 86_400_000)).toBe(2)
  expect([await spentIn(next), await next.verifyLedger()]).toEqual([[], []])
  await next.close()
})

test('usage is forgotten in pieces, the oldest first', async () => {
  const path = freshPath()
  const store = await open(path)
  await store.insertUsage(Array.from({ length: 2_500 }, (_, i) => usageRow({ wallMs: 3_000 - i })))
  const left = async (of: Store) => (await of.sumUsage({ fromWallMs: 0, toWallMs: 9_000, groupBy: [] }))[0]?.requests

  const pruning = faultOf(store.pruneUsage(2_901))
  await nextTurn()
  await store.close()
  await pruning
  const next = await open(path)

  const meanwhile = (await left(next)) ?? 0
  expect([meanwhile > 100, meanwhile < 2_500]).toEqual([true, true])
  expect(await next.pruneUsage(2_901)).toBe(meanwhile - 100)
  expect(await left(next)).toBe(100)
  await next.close()
})

test('a report over many rows leaves turns to others, and says what one statement would', async () => {
  const store = await open(freshPath())
  // The middle third in one millisecond: a piece ends where time does.
  const rows = Array.from({ length: 7_500 }, (_, i) =>
    usageRow({ wallMs: i < 2_500 ? i : i < 5_000 ? 3_000 : i + 1, model: `m${i % 3}`, costMicroUsd: 1 + (i % 3) }),
  )
  await store.insertUsage(rows)

  let turns = 0
  let isOver = false
  const others = (async () => {
    for (; !isOver; turns++) await nextTurn()
  })()
  const sums = await store.sumUsage({ fromWallMs: 1, toWallMs: 7_400, groupBy: ['model'] })
  const whole = await store.sumUsage({ fromWallMs: 0, toWallMs: 9_000, groupBy: [] })
  isOver = true
  await others

  const counted = rows.filter(({ wallMs }) => wallMs >= 1 && wallMs < 7_400)
  const of = (model: string) => counted.filter((row) => row.model === model).length
  expect(sums.map(({ group, requests, costMicroUsd }) => [group, requests, costMicroUsd])).toEqual([
    [['m2'], of('m2'), 3 * of('m2')],
    [['m1'], of('m1'), 2 * of('m1')],
    [['m0'], of('m0'), of('m0')],
  ])
  expect([whole.length, whole[0]?.requests, whole[0]?.outputTokens]).toEqual([1, 7_500, 30_000])
  expect(turns).toBeGreaterThan(4)
  await store.close()
})

describe('a file that cannot be used is refused at the start, with a reason', () => {
  test('no database: corrupt', async () => {
    const path = freshPath()
    writeFileSync(path, 'x'.repeat(10_000))

    expect((await faultOf(open(path))).fault).toBe('corrupt')
  })

  test('no folder: missing', async () => {
    const fault = await faultOf(open(join(folder, 'nowhere', 'a.db')))

    expect([fault.fault, fault.message]).toEqual(['missing', expect.stringContaining('folder')])
  })

  test('no leave to open the file: missing, and its owner is named as a reason', async () => {
    const path = freshPath()
    mkdirSync(path)

    const fault = await faultOf(open(path))

    expect([fault.fault, fault.message]).toEqual(['missing', expect.stringContaining('owner')])
  })

  test('damaged pages: corrupt', async () => {
    const path = freshPath()
    const store = await open(path)
    await store.insertUsage(Array.from({ length: 200 }, () => usageRow()))
    await store.close()
    const bytes = new Uint8Array(await Bun.file(path).arrayBuffer())
    bytes.fill(0xff, 100, Math.min(bytes.length, 64 * 1024))
    writeFileSync(path, bytes)

    expect((await faultOf(open(path))).fault).toBe('corrupt')
  })

  test('a disk mounted read-only: read only, or missing while there is no file yet', async () => {
    expect(['read_only', 'missing']).toContain((await onSmallDisk('size=8m,ro')).fault)
  })
})

describe('a fault while running rejects the call, and the store works again afterwards', () => {
  test('locked by another process', async () => {
    const path = freshPath()
    const store = await open(path)
    const other = new Database(path)
    other.run('begin immediate')

    const fault = await faultOf(store.insertUsage([usageRow()]))
    other.run('rollback')
    await store.insertUsage([usageRow()])

    expect(fault.fault).toBe('locked')
  })

  test('deleted under it: said, instead of writing to a file that nobody can read', async () => {
    const path = freshPath()
    const store = await open(path)
    await store.insertUsage([usageRow()])
    rmSync(path)

    expect((await faultOf(store.insertUsage([usageRow()]))).fault).toBe('missing')
  })

  test('a full disk: what was acknowledged is there, and with room again so is the store', async () => {
    expect(await onSmallDisk('size=8m')).toEqual({ fault: 'full', lost: 0, after: 1 })
  })
})

/** Runs the child on a tmpfs in a mount namespace of its own; needs no rights but those of a user namespace. */
async function onSmallDisk(mountOptions: string): Promise<{ fault: string; lost?: number; after?: number }> {
  const disk = mkdtempSync(join(folder, 'disk-'))
  const child = join(import.meta.dir, 'child', 'small-disk.ts')
  const fill = mountOptions.endsWith('ro') ? 'true' : 'head -c 4m /dev/zero > "$1/ballast"'
  const script = `mount -t tmpfs -o ${mountOptions} tmpfs "$1" && ${fill} && exec "$2" "$3" "$1"`
  const run = Bun.spawn(['unshare', '-Urm', 'sh', '-c', script, 'sh', disk, process.execPath, child], {
    stderr: 'pipe',
  })
  const [out, err] = [await new Response(run.stdout).text(), await new Response(run.stderr).text()]
  if (out === '') throw new Error(`the small disk could not be made or used: ${err}`)
  return JSON.parse(out)
}
