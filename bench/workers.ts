import { readdirSync, readFileSync } from 'node:fs'
import { freePort, type ServerProcess } from '../test/support/server-process.ts'
import type { Plan } from './plan.ts'
import { cpuMs, rssMegabytes } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import type { Section } from './support/section.ts'
import { startBunProxyOn, startLynkr, startUpstream } from './support/servers.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

const LOAD = { bodyBytes: 1_024, stream: false, concurrency: 32 }
const CPU_RATIO_MAX = 1.1

interface Round {
  readonly cpuMicros: number
  readonly perSecond: number
}

/**
 * Two workers against one process, in turns: processor time per request, supervisor included, and requests per second,
 * which load and upstream on the same processors limit. Beside it the same of the bare proxy: what it costs in any case
 * that two processes do on two full processors what one did.
 */
export async function workersSection({ rounds: count, roundMs, deadline }: Plan): Promise<Section> {
  const upstream = await startUpstream()
  const lynkr: Pair = {
    one: [await startLynkr(upstream.url, { LYNKR_WORKERS: '1' })],
    two: [await startLynkr(upstream.url, { LYNKR_WORKERS: '2' })],
  }
  const bare: Pair = { one: await startBare(upstream, 1), two: await startBare(upstream, 2) }
  while (processesOf(lynkr.two).length < 3) await Bun.sleep(50)
  // Each process compiles for itself.
  for (const servers of [lynkr.one, lynkr.two, lynkr.two, bare.one, bare.two]) await load(servers, roundMs * 3)
  const rounds = { lynkr: [] as Rounds[], bare: [] as Rounds[] }
  for (let i = 0; i === 0 || (i < count && !deadline.isOver()); i++) {
    rounds.lynkr.push(await loadPair(lynkr, roundMs))
    rounds.bare.push(await loadPair(bare, roundMs))
  }
  const cpu = ratioOf(rounds.lynkr, ({ cpuMicros }) => cpuMicros)
  const [rssOne, rssTwo] = [lynkr.one, lynkr.two].map((servers) =>
    processesOf(servers).reduce((sum, pid) => sum + rssMegabytes(pid), 0),
  )
  return {
    title: 'Two workers against one',
    columns: ['figure', 'two against one', 'one', 'two'],
    rows: [
      rowOf('CPU of a request, µs', rounds.lynkr, ({ cpuMicros }) => cpuMicros),
      rowOf('the same of the bare proxy, µs', rounds.bare, ({ cpuMicros }) => cpuMicros),
      rowOf('requests per second, all on the same processors', rounds.lynkr, ({ perSecond }) => perSecond),
      rowOf('the same of the bare proxy', rounds.bare, ({ perSecond }) => perSecond),
      ['memory, supervisor included, MB', '', ...[rssOne, rssTwo].map((mb) => mb?.toFixed(0) ?? '–')],
    ],
    targets: [
      {
        what: 'two workers: CPU per request',
        limit: CPU_RATIO_MAX,
        measured: cpu.median,
        unit: '× one worker',
        bound: 'at most',
      },
    ],
    data: rounds,
  }
}

/** What is started of one proxy, as one process and as two. */
interface Pair {
  readonly one: readonly ServerProcess[]
  readonly two: readonly ServerProcess[]
}

interface Rounds {
  readonly one: Round
  readonly two: Round
}

async function startBare(upstream: ServerProcess, count: number): Promise<readonly ServerProcess[]> {
  const port = await freePort()
  return Promise.all(Array.from({ length: count }, () => startBunProxyOn(port, 'bare-proxy', upstream.url)))
}

async function loadPair({ one, two }: Pair, forMs: number): Promise<Rounds> {
  return { one: await load(one, forMs), two: await load(two, forMs) }
}

type Pick = (round: Round) => number

function ratioOf(rounds: readonly Rounds[], pick: Pick): Spread {
  return spread(rounds.map(({ one, two }) => pick(two) / pick(one)))
}

function rowOf(what: string, rounds: readonly Rounds[], pick: Pick): readonly string[] {
  const one = spread(rounds.map((round) => pick(round.one)))
  const two = spread(rounds.map((round) => pick(round.two)))
  return [what, showSpread(ratioOf(rounds, pick), 2), showSpread(one, 0), showSpread(two, 0)]
}

async function load(servers: readonly ServerProcess[], forMs: number): Promise<Round> {
  const pids = processesOf(servers)
  const before = pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
  const { requests, seconds } = await runLoad({ ...LOAD, port: servers[0]?.port ?? 0, requests: 1_000_000, forMs })
  const usedMs = pids.reduce((sum, pid) => sum + cpuMs(pid), 0) - before
  return { cpuMicros: (usedMs * 1_000) / requests, perSecond: requests / seconds }
}

/** The processes that were started, and their workers. */
function processesOf(servers: readonly ServerProcess[]): number[] {
  const started = servers.map(({ pid }) => pid)
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && started.includes(parentOf(name) ?? 0))
  return [...started, ...children.map(Number)]
}

/** `null` for a process that is gone meanwhile. */
function parentOf(pid: string): number | null {
  try {
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')
    return Number(parent)
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
