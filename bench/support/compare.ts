import type { LoadResult } from '../load.ts'
import type { Deadline } from './deadline.ts'
import { cpuMs, pageFaults } from './process-cost.ts'
import { runLoad } from './run-load.ts'
import type { Contender } from './servers.ts'
import { type Spread, showSpread, spread } from './statistics.ts'

/** One kind of traffic. */
export interface Cell {
  readonly name: string
  readonly bodyBytes: number
  readonly concurrency: number
  readonly stream: boolean
}

/** Rounds of one proxy with one kind of traffic; ratios are taken per round. */
export interface Measured {
  readonly cell: Cell
  readonly proxy: string
  readonly requestsPerRound: number
  readonly rounds: number
  readonly cpuUs: Spread
  /** By the peer's name. Peers that did not take part are absent. */
  readonly cpuTo: Readonly<Record<string, Spread>>
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  /** Pages that the process had to be given, per request. */
  readonly faults: Spread
  readonly p50To: Readonly<Record<string, Spread>>
  readonly p99To: Readonly<Record<string, Spread>>
}

export interface ComparePlan {
  /** At most; fewer if the time is over, and always one. */
  readonly rounds: number
  readonly roundMs: number
  /** Requests before anything is measured: compiling hot functions costs as much as the first thousands of requests. */
  readonly warmUpRequests: number
  readonly deadline: Deadline
}

interface Sample {
  readonly cpuUs: number
  readonly faults: number
  readonly load: LoadResult
}

/** A round of a slow proxy, or on a busy machine, ends after so many times the planned length. */
const PATIENCE = 4
const WARM_UP_SHARE = 0.2
const WARM_UP = { bodyBytes: 1_024, concurrency: 32, stream: false }

/** Has everybody compile what they compile, within a fifth of the time. */
export async function warmUp(contenders: readonly Contender[], plan: ComparePlan): Promise<void> {
  const { endMs } = plan.deadline.part(WARM_UP_SHARE)
  for (const [i, { server, load: asks }] of contenders.entries()) {
    const forMs = Math.max(200, (endMs - performance.now()) / (contenders.length - i))
    await runLoad({ ...WARM_UP, ...asks, port: server.port, requests: plan.warmUpRequests, forMs })
  }
}

/** All contenders with one kind of traffic, in turns. The first contender's speed decides how long a round is. */
export async function compare(
  contenders: readonly Contender[],
  cell: Cell,
  peers: readonly string[],
  plan: ComparePlan,
): Promise<readonly Measured[]> {
  const requests = await requestsFor(contenders, cell, plan.roundMs)
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round === 0 || (round < plan.rounds && !plan.deadline.isOver()); round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      samples.get(contender.name)?.push(await sample(contender, cell, requests, plan.roundMs * PATIENCE))
    }
  }
  const of = (name: string, pick: (sample: Sample) => number): number[] => (samples.get(name) ?? []).map(pick)
  const to = (name: string, pick: (sample: Sample) => number): Record<string, Spread> =>
    Object.fromEntries(
      peers
        .filter((peer) => samples.has(peer))
        .map((peer) => {
          const theirs = of(peer, pick)
          return [peer, spread(of(name, pick).map((ours, i) => ours / (theirs[i] ?? Number.NaN)))]
        }),
    )
  const [cpu, p50, p99] = [
    (one: Sample) => one.cpuUs,
    (one: Sample) => one.load.p50Ms,
    (one: Sample) => one.load.p99Ms,
  ] as const
  return contenders.map(({ name }) => ({
    cell,
    proxy: name,
    requestsPerRound: requests,
    rounds: samples.get(name)?.length ?? 0,
    cpuUs: spread(of(name, cpu)),
    cpuTo: to(name, cpu),
    p50Ms: spread(of(name, p50)),
    p99Ms: spread(of(name, p99)),
    faults: spread(of(name, (one) => one.faults)),
    p50To: to(name, p50),
    p99To: to(name, p99),
  }))
}

/** A ratio as a cell of a table; a dash where the peer did not take part. */
export function showRatio(ratios: Readonly<Record<string, Spread>>, peer: string): string {
  const ratio = ratios[peer]
  return ratio === undefined ? '–' : showSpread(ratio, 2)
}

/** Warms all of them up for this traffic, and finds how many requests fill a round of the first. */
async function requestsFor(contenders: readonly Contender[], cell: Cell, roundMs: number): Promise<number> {
  const requests = Math.max(cell.concurrency * 2, 200)
  let perSecond = 0
  for (const [i, { server, load: asks }] of contenders.entries()) {
    const forMs = roundMs * PATIENCE
    const load = await runLoad({ ...cell, ...asks, port: server.port, requests, forMs })
    if (i === 0) perSecond = load.requests / load.seconds
  }
  return Math.max(requests, Math.round(perSecond * (roundMs / 1_000)))
}

async function sample({ server, load: asks }: Contender, cell: Cell, requests: number, forMs: number): Promise<Sample> {
  const { pid, port } = server
  const beforeMs = cpuMs(pid)
  const faultsBefore = pageFaults(pid)
  const load = await runLoad({ ...cell, ...asks, port, requests, forMs })
  const cpuUs = ((cpuMs(pid) - beforeMs) * 1_000) / load.requests
  return { cpuUs, faults: (pageFaults(pid) - faultsBefore) / load.requests, load }
}
