import { readdirSync, readFileSync } from 'node:fs'
import { lynkrCommand, type ServerProcess } from '../test/support/server-process.ts'
import { cpuMs, rssMegabytes } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import { startLynkr, startUpstream } from './support/servers.ts'
import { spread } from './support/statistics.ts'

/**
 * `bun bench/workers.ts [--quick]`: two workers against one process, in interleaved rounds: processor time per request,
 * supervisor included, and requests per second, which load and upstream on the same processors limit.
 */
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 7
const REQUESTS = isQuick ? 2_000 : 6_000
const CONCURRENCY = 32

const upstream = await startUpstream()
const servers = await Promise.all(
  [1, 2].map(async (workers) => ({
    workers,
    server: await startLynkr(lynkrCommand(), upstream.url, { LYNKR_WORKERS: `${workers}` }),
  })),
)
for (const { server, workers } of servers) {
  while (processesOf(server).length < (workers === 1 ? 1 : workers + 1)) await Bun.sleep(50)
  // Each process warms up by itself.
  for (let i = 0; i < 2 * workers; i++) await load(server)
}

interface Round {
  readonly cpuMicros: number
  readonly perSecond: number
}

const rounds = new Map<number, Round[]>(servers.map(({ workers }) => [workers, []]))
for (let i = 0; i < ROUNDS; i++) {
  for (const { workers, server } of servers) rounds.get(workers)?.push(await load(server))
}

const cpuOf = (workers: number): number => spread((rounds.get(workers) ?? []).map(({ cpuMicros }) => cpuMicros)).median
const rateOf = (workers: number): number => spread((rounds.get(workers) ?? []).map(({ perSecond }) => perSecond)).median
console.table(
  servers.map(({ workers, server }) => ({
    workers,
    'CPU per request, µs': cpuOf(workers).toFixed(0),
    'against one': (cpuOf(workers) / cpuOf(1)).toFixed(2),
    'requests per second': rateOf(workers).toFixed(0),
    'RSS, MB': processesOf(server)
      .reduce((sum, pid) => sum + rssMegabytes(pid), 0)
      .toFixed(0),
  })),
)
console.log(`CPU of two workers against one: ${(cpuOf(2) / cpuOf(1)).toFixed(2)} (reach: at most 1.10)`)
await Promise.all([...servers.map(({ server }) => server.stop()), upstream.stop()])

async function load(server: ServerProcess): Promise<Round> {
  const pids = processesOf(server)
  const before = pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
  const { requests, seconds } = await runLoad({
    port: server.port,
    bodyBytes: 1_024,
    stream: false,
    concurrency: CONCURRENCY,
    requests: REQUESTS,
  })
  const usedMs = pids.reduce((sum, pid) => sum + cpuMs(pid), 0) - before
  return { cpuMicros: (usedMs * 1_000) / requests, perSecond: requests / seconds }
}

/** The process that was started, and its workers. */
function processesOf({ pid }: ServerProcess): number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  return [pid, ...children.map(Number)]
}

/** `null` for a process that is gone meanwhile. */
function parentOf(pid: string): number | null {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')[1],
    )
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
