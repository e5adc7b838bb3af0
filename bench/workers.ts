import { readdirSync, readFileSync } from 'node:fs'
import type { ServerProcess } from '../test/support/server-process.ts'
import type { Plan } from './sections.ts'
import { cpuMs, rssMegabytes } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import type { Section } from './support/section.ts'
import { startLynkr, startUpstream } from './support/servers.ts'
import { showSpread, spread } from './support/statistics.ts'

const LOAD = { bodyBytes: 1_024, stream: false, concurrency: 32 }
const CPU_RATIO_MAX = 1.1

interface Round {
  readonly cpuMicros: number
  readonly perSecond: number
}

/**
 * Two workers against one process, in turns: processor time per request, supervisor included, and requests per second,
 * which load and upstream on the same processors limit.
 */
export async function workersSection({ rounds: count, roundMs, deadline }: Plan): Promise<Section> {
  const upstream = await startUpstream()
  const one = await startLynkr(upstream.url, { LYNKR_WORKERS: '1' })
  const two = await startLynkr(upstream.url, { LYNKR_WORKERS: '2' })
  while (processesOf(two).length < 3) await Bun.sleep(50)
  // Each process compiles for itself.
  for (const server of [one, two, two]) await load(server, roundMs * 3)
  const rounds = { one: [] as Round[], two: [] as Round[] }
  for (let i = 0; i === 0 || (i < count && !deadline.isOver()); i++) {
    rounds.one.push(await load(one, roundMs))
    rounds.two.push(await load(two, roundMs))
  }
  const ratioOf = (pick: (round: Round) => number) =>
    spread(rounds.two.map((round, i) => pick(round) / pick(rounds.one[i] ?? round)))
  const cpuRatio = ratioOf(({ cpuMicros }) => cpuMicros)
  const rateRatio = ratioOf(({ perSecond }) => perSecond)
  const [cpuOne, cpuTwo] = [rounds.one, rounds.two].map((all) => spread(all.map(({ cpuMicros }) => cpuMicros)))
  const [rssOne, rssTwo] = [one, two].map((server) =>
    processesOf(server).reduce((sum, pid) => sum + rssMegabytes(pid), 0),
  )
  return {
    title: 'Two workers against one',
    columns: ['figure', 'two against one', 'one', 'two'],
    rows: [
      [
        'CPU of a request, µs',
        showSpread(cpuRatio, 2),
        ...[cpuOne, cpuTwo].map((us) => (us ? showSpread(us, 0) : '–')),
      ],
      ['requests per second, all on the same processors', showSpread(rateRatio, 2), '', ''],
      ['memory, supervisor included, MB', '', ...[rssOne, rssTwo].map((mb) => mb?.toFixed(0) ?? '–')],
    ],
    targets: [
      {
        what: 'two workers: CPU per request',
        limit: CPU_RATIO_MAX,
        measured: cpuRatio.median,
        unit: '× one worker',
        bound: 'at most',
      },
    ],
    data: { rounds, cpuRatio, rateRatio },
  }
}

async function load(server: ServerProcess, forMs: number): Promise<Round> {
  const pids = processesOf(server)
  const before = pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
  const { requests, seconds } = await runLoad({ ...LOAD, port: server.port, requests: 1_000_000, forMs })
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
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')
    return Number(parent)
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
