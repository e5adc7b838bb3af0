import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'
import { openSqliteResponseCache } from '../../src/store/sqlite-response-cache.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))

const faults: unknown[] = []
const open = (path = ':memory:') =>
  openSqliteResponseCache({ path, bytesMax: 3_000, ageMaxMs: 1_000, onFault: (cause) => void faults.push(cause) })
const body = (size: number, fill = 7) => new Uint8Array(size).fill(fill)

test('an answer is served whole while it is young enough, and replaced by a newer one', async () => {
  const cache = open()

  await cache.putCached('a', body(10, 1), 0)
  await cache.putCached('a', body(20, 2), 100)

  expect(await cache.getCached('a', 150, null)).toEqual({ body: body(20, 2), ageMs: 50 })
  expect(await cache.getCached('a', 150, 49)).toBeNull()
  expect(await cache.getCached('a', 1_100, null)).toBeNull()
  expect(await cache.getCached('a', 99, null)).toBeNull()
})

test('the oldest answers leave when the bytes are used up, and one larger than all is not kept', async () => {
  const cache = open()

  for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) await cache.putCached(key, body(1_000), i)
  await cache.putCached('huge', body(3_001), 5)

  const found = await Promise.all(['a', 'b', 'c', 'd', 'huge'].map((key) => cache.getCached(key, 5, null)))
  expect(found.map((answer) => answer !== null)).toEqual([false, true, true, true, false])
})

test('its size is told at the start and after each change, whatever left or was replaced', async () => {
  const sizes: (readonly [number, number])[] = []
  const onSize = (entries: number, bytes: number): void => void sizes.push([entries, bytes])
  const cache = openSqliteResponseCache({
    path: ':memory:',
    bytesMax: 3_000,
    ageMaxMs: 1_000,
    onFault: () => undefined,
    onSize,
  })

  await cache.putCached('a', body(1_000), 0)
  await cache.putCached('a', body(500), 1)
  await cache.putCached('b', body(2_000), 2)
  await cache.putCached('c', body(1_000), 3)
  await cache.putCached('d', body(10), 5_000)

  expect(sizes).toEqual([
    [0, 0],
    [1, 1_000],
    [1, 500],
    [2, 2_500],
    [2, 3_000],
    [1, 10],
  ])
})

test('several workers on one file keep to its bytes together, whoever kept and dropped what', async () => {
  const path = join(folder, 'shared.db')
  const store = await openSqliteStore({ path, scheduler: systemScheduler, random: Math.random })
  const workers = [open(path), open(path), open(path)]
  const rows = new Database(path).query<{ bytes: number }, []>('select sum(bytes) as bytes from cached_response')

  const sums: number[] = []
  for (let i = 0; i < 180; i++) {
    await workers[Math.floor(i / 30) % 3]?.putCached(`k${i}`, body(100), Math.floor(i / 90) * 5_000)
    sums.push(rows.get()?.bytes ?? 0)
  }

  expect(Math.max(...sums)).toBe(3_000)
  for (const worker of workers) worker.close()
  await store.close()
})

test('a file that another process has locked is a miss and no error', async () => {
  const path = join(folder, 'a.db')
  const store = await openSqliteStore({ path, scheduler: systemScheduler, random: Math.random })
  const cache = open(path)
  const other = new Database(path)
  other.run('begin immediate')

  await cache.putCached('a', body(10), 0)
  other.run('rollback')
  const miss = await cache.getCached('a', 1, null)
  await cache.putCached('a', body(10), 0)

  expect([faults.length, miss, (await cache.getCached('a', 1, null))?.ageMs]).toEqual([1, null, 1])
  cache.close()
  await store.close()
})

test('an answer that is there is given though its use cannot be written down, as while another process writes', async () => {
  const path = join(folder, 'busy.db')
  await openSqliteStore({ path, scheduler: systemScheduler, random: Math.random })
  const cache = openSqliteResponseCache({ path, bytesMax: 3_000, ageMaxMs: 86_400_000, onFault: () => undefined })
  await cache.putCached('a', body(10), 0)
  const other = new Database(path)
  other.run('begin immediate')

  const found = await cache.getCached('a', 3_600_000, null)
  other.run('rollback')

  expect(found).toEqual({ body: body(10), ageMs: 3_600_000 })
})

test('what is too old leaves in pieces, the oldest first, found without reading all that is kept', async () => {
  const path = join(folder, 'old.db')
  await openSqliteStore({ path, scheduler: systemScheduler, random: Math.random })
  const sizes: number[] = []
  const cache = openSqliteResponseCache({
    path,
    bytesMax: 1_000_000,
    ageMaxMs: 1_000,
    onFault: () => undefined,
    onSize: (entries) => void sizes.push(entries),
  })
  for (let i = 0; i < 50; i++) await cache.putCached(`old${i}`, body(10), i)

  for (let i = 0; i < 3; i++) await cache.putCached(`new${i}`, body(10), 5_000)
  const plan = new Database(path)
    .query<{ detail: string }, []>('explain query plan select id from cached_response where expires_ms <= 1')
    .all()

  expect(sizes.slice(-3)).toEqual([31, 12, 3])
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining('USING INDEX cached_response_expires')])
})
