import { join } from 'node:path'
import { openBudgetGate } from '../src/budget/gate.ts'
import { openMemoryRateLimiter } from '../src/budget/rate-limit.ts'
import { systemClock, systemScheduler } from '../src/core/clock.ts'
import { systemRandom } from '../src/core/random.ts'
import type { Store } from '../src/core/store.ts'
import { openStore } from '../src/store/open-store.ts'
import { USAGE_ROWS_AT_ONCE } from '../src/store/usage-writer.ts'
import { costing, dailyUsd, SUBJECT, spent } from '../test/support/budgets.ts'
import { hasPostgres, startPostgres } from '../test/support/postgres.ts'
import type { ServerProcess } from '../test/support/server-process.ts'
import { usageRow } from '../test/support/store-contract-rows.ts'
import type { Plan } from './plan.ts'
import type { Deadline } from './support/deadline.ts'
import { scratchFolder } from './support/owned.ts'
import { openRawConnection } from './support/raw-client.ts'
import { messagesBody, messagesRequest } from './support/request.ts'
import type { Section, Target } from './support/section.ts'
import { startLynkr, startUpstream } from './support/servers.ts'

const KEYS = 100_000
const AT_ONCE = 200
/** Of what the section's time is by then; a store with that many keys has a cost of its own to close. */
const MEMORY_SHARE = 0.5
/** By then the store has given back what it keeps of its file for ten seconds, and the allocator what it keeps for five. */
const SETTLED_MS = 16_000

interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  readonly limit: number
}

/** What accounting costs where a store or a socket is involved; what happens in memory is in the micro section. */
export async function moneySection({ money: plan, deadline }: Plan): Promise<Section> {
  const folder = scratchFolder()
  const upstream = await startUpstream()
  const figures: Figure[] = []
  const sqlite = await open(null, join(folder, 'lynkr.db'))
  figures.push(await leaseRefill('SQLite', sqlite, plan.samples, 1))
  figures.push(await usageRows('SQLite', sqlite, plan.samples))
  figures.push(await memoryGrowth(sqlite, plan.requests, deadline.part(MEMORY_SHARE)))
  await sqlite.close()
  if (hasPostgres()) figures.push(await onPostgres(plan.samples))
  figures.push(await cacheHit(upstream, plan.samples))
  const targets: Target[] = figures.map((figure) => ({ ...figure, bound: 'under' }))
  const rows = figures.map(({ what, measured, unit }) => [what, `${Number(measured.toPrecision(3))} ${unit}`])
  return { title: 'Money', columns: ['figure', 'lynkr'], rows, targets, data: figures }
}

function open(databaseUrl: string | null, sqlitePath: string): Promise<Store> {
  return openStore({ databaseUrl, sqlitePath, scheduler: systemScheduler, random: systemRandom })
}

async function onPostgres(samples: number): Promise<Figure> {
  const server = await startPostgres()
  const store = await open(server.url, '')
  try {
    return await leaseRefill('PostgreSQL', store, samples, 3)
  } finally {
    await store.close()
    await server.stop()
  }
}

/** One reservation that no slice covers, in a transaction of its own: what the first request of a slice waits for. */
async function leaseRefill(name: string, store: Store, samples: number, limit: number): Promise<Figure> {
  const line = { account: 'key:bench/day/usd', windowIndex: 1, cap: 1e12, amount: 1_000 }
  const times: number[] = []
  for (let i = 0; i < samples; i++) {
    const op = { kind: 'reserve', holdId: `${name}.${i}`, lines: [line], isDispatched: false } as const
    const startMs = performance.now()
    await store.apply(`bench-${name}`, [op], Date.now())
    times.push(performance.now() - startMs)
  }
  return { what: `lease refill on ${name}, p99`, measured: p99(times), unit: 'ms', limit }
}

async function usageRows(name: string, store: Store, samples: number): Promise<Figure> {
  const batches = Math.max(1, Math.ceil((samples * 10) / USAGE_ROWS_AT_ONCE))
  const rows = Array.from({ length: batches }, () => Array.from({ length: USAGE_ROWS_AT_ONCE }, () => usageRow()))
  const before = process.cpuUsage()
  for (const batch of rows) await store.insertUsage(batch)
  const { user, system } = process.cpuUsage(before)
  const perRow = (user + system) / (batches * USAGE_ROWS_AT_ONCE)
  return { what: `usage row on ${name}, processor time`, measured: perRow, unit: 'µs', limit: 4 }
}

/** Resident memory that the last nine tenths of the requests add for good, when each has one of many keys. */
async function memoryGrowth(store: Store, requests: number, deadline: Deadline): Promise<Figure> {
  const gate = openBudgetGate({
    ...{ clock: systemClock, scheduler: systemScheduler, store, owner: 'bench-memory' },
    rules: [dailyUsd(1e12), dailyUsd(1e9, { scope: 'key' })],
    ...{ onStoreDown: 'refuse', onSoftLimit: () => undefined, onStoreFault: () => undefined },
  })
  const limiter = openMemoryRateLimiter()
  const limits = { requestsPerMinute: 1e6, tokensPerMinute: 1e9, concurrentRequests: 10 }
  const one = async (i: number): Promise<void> => {
    const key = `k${(i * 7_919) % KEYS}`
    const verdict = await limiter.acquire([{ name: `key:${key}`, limits }], 100, Date.now())
    const hold = await gate.reserve({ ...SUBJECT, key }, costing(100))
    gate.settle(hold, spent(50))
    if (verdict.kind === 'admitted') verdict.permit.release(50, Date.now())
  }
  let atStart = 0
  let done = 0
  for (; done < requests && !(atStart > 0 && deadline.isOver()); done += AT_ONCE) {
    if (atStart === 0 && done >= requests / 10) atStart = await settledMegabytes()
    const from = done
    await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => one(from + j)))
    if (done % (AT_ONCE * 50) === 0) await gate.maintain()
  }
  await gate.drain()
  const grown = (await settledMegabytes()) - atStart
  return { what: `memory kept after ${done} requests of ${KEYS} keys`, measured: grown, unit: 'MB', limit: 32 }
}

async function settledMegabytes(): Promise<number> {
  Bun.gc(true)
  await Bun.sleep(SETTLED_MS)
  return process.memoryUsage().rss / 1e6
}

async function cacheHit(upstream: ServerProcess, samples: number): Promise<Figure> {
  const env = { RESPONSE_CACHE_ENABLED: 'true', LYNKR_RESPONSE_CACHE_MODELS: '*' }
  const lynkr = await startLynkr(upstream.url, env)
  const connection = await openRawConnection(lynkr.port, messagesRequest(messagesBody(1_024, false)))
  for (let i = 0; i < 200; i++) await connection.exchange()
  const times: number[] = []
  for (let i = 0; i < samples; i++) times.push((await connection.exchange()).totalMs)
  connection.close()
  return { what: 'cache hit, end to end, median', measured: quantile(times, 0.5), unit: 'ms', limit: 0.3 }
}

function p99(values: readonly number[]): number {
  return quantile(values, 0.99)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
