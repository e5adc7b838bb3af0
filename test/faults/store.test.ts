import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/random.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { openStore } from '../../src/store/open-store.ts'
import { COST, type Instance, startInstance, USAGE } from '../money/instance.ts'
import { eventually } from '../support/eventually.ts'
import { hasPostgres, startPostgres } from '../support/postgres.ts'
import { hasRedis, startRedis } from '../support/redis.ts'

const BUDGET = 'budgets:\n  - { scope: global, window: month, usd: 1000 }\n'
const REQUESTS = 20
const LIMIT_MS = 90_000

let home = ''
let simulator: Simulator

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'lynkr-faults-'))
  simulator = await startSimulator()
})
beforeEach(() => {
  simulator.clear()
  simulator.setDefault({ usage: USAGE })
})
afterAll(async () => {
  await simulator.stop()
  rmSync(home, { recursive: true, force: true })
})

let serial = 0
function freshFolder(): string {
  const folder = join(home, `data-${serial++}`)
  mkdirSync(folder)
  return folder
}

/** A disk of 8 MB in a mount namespace of its own, under the data folder. */
const onSmallDisk = (folder: string) => [
  ...['unshare', '-Urm', 'sh', '-c'],
  `mount -t tmpfs -o size=8m tmpfs ${folder} && exec "$@"`,
  'sh',
]

const start = (
  folder: string,
  over: { wrap?: readonly string[]; env?: Record<string, string>; config?: string } = {},
) => startInstance({ folder, home, simulatorUrl: simulator.url, config: BUDGET, ...over })

/** Asks several at once; each answer's status, in order. */
async function askMany(lynkr: Instance): Promise<readonly (string | number)[]> {
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, i) => {
      const response = await lynkr.ask({ stream: i % 2 === 0 })
      const text = await response.text()
      return response.status === 200 ? 200 : text
    }),
  )
  return answers
}

const ALL_GOOD = Array.from({ length: REQUESTS }, () => 200)

/** Waits until readiness says that the store is up, or down. */
const untilHealthy = (lynkr: Instance, healthy: boolean) =>
  eventually(async () => (await lynkr.health()).database.healthy === healthy, 30_000)

/** What the simulator answered whole, at the price of an answer. */
function billed(): number {
  return (
    simulator.requests().filter(({ path, status, aborted }) => path === '/v1/messages' && status === 200 && !aborted)
      .length * COST
  )
}

/** The books as they lie on the disk when nobody runs. */
async function booksOf(databaseUrl: string | null, sqlitePath: string) {
  const store = await openStore({ databaseUrl, sqlitePath, scheduler: systemScheduler, random: systemRandom })
  const [usage] = await store.sumUsage({ fromWallMs: 0, toWallMs: 2e15, groupBy: [] })
  const [balance] = await store.balances()
  const differences = await store.verifyLedger()
  await store.close()
  return { spent: balance?.spent, held: balance?.held, usage: usage?.costMicroUsd, differences }
}

const soundBooks = () => ({ spent: billed(), held: 0, usage: billed(), differences: [] })

/** While the store is away requests go on, readiness says so; afterwards everything that waited is written, once. */
async function survives(lynkr: Instance, fault: { begin(): unknown; end(): unknown }): Promise<void> {
  expect(await askMany(lynkr)).toEqual(ALL_GOOD)
  await fault.begin()
  const during = await askMany(lynkr)
  await untilHealthy(lynkr, false)
  const report = await lynkr.health()
  const still = await askMany(lynkr)
  await fault.end()
  await untilHealthy(lynkr, true)
  const after = await askMany(lynkr)

  expect([during, still, after]).toEqual([ALL_GOOD, ALL_GOOD, ALL_GOOD])
  expect(report.status).toBe('degraded')
  expect(report.database.detail).toMatch(/does not answer; \d+ rows wait for it/)
  expect(await lynkr.server.stop()).toBe(0)
}

describe('SQLite, while requests are served,', () => {
  test(
    'locked by another process',
    async () => {
      const folder = freshFolder()
      const lynkr = await start(folder)
      const other = new Database(join(folder, 'lynkr.db'))
      other.run('pragma busy_timeout = 5000')

      await survives(lynkr, { begin: () => other.run('begin immediate'), end: () => other.run('rollback') })
      other.close()

      expect(await booksOf(null, join(folder, 'lynkr.db'))).toEqual(soundBooks())
    },
    LIMIT_MS,
  )

  test(
    'on a full disk',
    async () => {
      const folder = freshFolder()
      const lynkr = await start(folder, { wrap: onSmallDisk(folder) })
      const ballast = `/proc/${lynkr.server.pid}/root${folder}/ballast`

      const before = await askMany(lynkr)
      fill(ballast)
      const during = await askMany(lynkr)
      await untilHealthy(lynkr, false)
      rmSync(ballast)
      await untilHealthy(lynkr, true)
      const after = await askMany(lynkr)
      // The disk goes with its process, so that the books are read before.
      await eventually(async () => (await lynkr.usageMicroUsd()) === billed(), 10_000)
      const [balance] = await lynkr.balances()

      expect([before, during, after]).toEqual([ALL_GOOD, ALL_GOOD, ALL_GOOD])
      expect([balance?.spent, balance?.held]).toEqual([billed(), 0])
      expect(await lynkr.differences()).toEqual([])
      expect(await lynkr.server.stop()).toBe(0)
    },
    LIMIT_MS,
  )

  test(
    'a damaged file, or a disk that cannot be written, ends the start with one sentence',
    async () => {
      const folder = freshFolder()
      writeFileSync(join(folder, 'lynkr.db'), new Uint8Array(8192).fill(0xff))
      const readOnly = ['unshare', '-Urm', 'sh', '-c', `mount -t tmpfs -o ro tmpfs ${folder} && exec "$@"`, 'sh']

      const starts = await Promise.all([start(folder), start(folder, { wrap: readOnly })].map(failureOf))

      expect(starts[0]).toContain('lynkr cannot start without its store')
      expect(starts[0]).toContain('is not a database; move it away, or restore a backup')
      expect(starts[1]).toMatch(/cannot be (written|opened); check/)
    },
    LIMIT_MS,
  )

  for (const [name, harm] of [
    ['deleted', (path: string) => rmSync(path)],
    ['overwritten with garbage', (path: string) => writeFileSync(path, new Uint8Array(4096 * 64).fill(0xff))],
  ] as const) {
    test(
      `${name}: requests go on, readiness says so or the file still serves, and nothing crashes`,
      async () => {
        const folder = freshFolder()
        const lynkr = await start(folder)
        const before = await askMany(lynkr)

        harm(join(folder, 'lynkr.db'))
        const after = await askMany(lynkr)
        if (name === 'deleted') await untilHealthy(lynkr, false)

        expect([before, after]).toEqual([ALL_GOOD, ALL_GOOD])
        expect(await lynkr.server.stop()).toBe(0)
      },
      LIMIT_MS,
    )
  }
})

if (hasPostgres()) {
  test(
    'PostgreSQL killed and started again: requests go on from the slice, and nothing is lost or charged twice',
    async () => {
      const server = await startPostgres()
      const lynkr = await start(freshFolder(), { env: { DATABASE_URL: server.url } })

      await survives(lynkr, { begin: server.kill, end: server.start })
      const books = await booksOf(server.url, '')
      await server.stop()

      expect(books).toEqual(soundBooks())
    },
    LIMIT_MS,
  )
}

if (hasRedis()) {
  test(
    'Redis killed and started again: limits go on in the process, the cache misses, requests are served',
    async () => {
      const redis = await startRedis()
      const config = `${BUDGET}limits:\n  - { scope: global, requestsPerMinute: 1000 }\n`
      const env = { REDIS_URL: redis.url, RESPONSE_CACHE_ENABLED: 'true' }
      const lynkr = await start(freshFolder(), { env, config })
      const cached = async () => {
        const response = await lynkr.ask({}, { headers: { 'x-lynkr-cache': 'on' } })
        await response.text()
        return response.headers.get('x-lynkr-cache')
      }

      const before = [await cached(), await cached(), await askMany(lynkr)]
      await redis.kill()
      const during = [await cached(), await askMany(lynkr)]
      await redis.start()
      await eventually(async () => (await cached()) === 'hit', 30_000)
      const code = await lynkr.server.stop()
      await redis.stop()

      expect(before).toEqual(['miss', 'hit', ALL_GOOD])
      expect(during).toEqual(['miss', ALL_GOOD])
      expect(code).toBe(0)
    },
    LIMIT_MS,
  )
}

/** What a start that must fail printed. */
function failureOf(starting: Promise<Instance>): Promise<string> {
  return starting.then(
    () => 'it started',
    (thrown: unknown) => String(thrown),
  )
}

/** Until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  const block = new Uint8Array(64 * 1024)
  try {
    for (;;) writeSync(file, block)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown
  } finally {
    closeSync(file)
  }
}
