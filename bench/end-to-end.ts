import type { LoadResult } from './load.ts'
import { cpuMs } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import type { Section, Target } from './support/section.ts'
import { type Contender, type Servers, setAnswer } from './support/servers.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

/** One kind of traffic. */
interface Cell {
  readonly name: string
  readonly bodyBytes: number
  readonly concurrency: number
  readonly stream: boolean
  /** Whether a quick run has it too. */
  readonly isQuick: boolean
}

interface Sample {
  readonly cpuUs: number
  readonly load: LoadResult
}

/** Rounds of one proxy with one kind of traffic; ratios are taken per round. */
interface Measured {
  readonly cell: Cell
  readonly proxy: string
  readonly requestsPerRound: number
  readonly cpuUs: Spread
  readonly toBare: Spread
  /** `null` where nginx is not installed. */
  readonly toNginx: Spread | null
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly p50ToBare: Spread
}

const CELLS: readonly Cell[] = [
  ...[1_024, 138 * 1_024].flatMap((bodyBytes) =>
    [1, 32, 256].map((concurrency) => ({
      name: `${bodyBytes / 1_024} KB, ${concurrency} at once`,
      bodyBytes,
      concurrency,
      stream: false,
      isQuick: concurrency === 32,
    })),
  ),
  { name: 'streams of 50 paced events, 100 at once', bodyBytes: 1_024, concurrency: 100, stream: true, isQuick: true },
]

const CPU_RATIO_MAX = 1.25
const P50_RATIO_MAX = 1.5
/** About a thousand characters; as a stream, fifty events that come one by one, two milliseconds apart. */
const ANSWER = { blocks: [{ text: 'A line of an answer. '.repeat(50) }], delayMs: 2 }

export interface EndToEndPlan {
  readonly rounds: number
  readonly roundMs: number
  /** Requests before anything is measured: compiling hot functions costs as much as the first thousands of requests. */
  readonly warmUpRequests: number
  readonly isQuick: boolean
}

/** Every proxy before the same upstream, rounds interleaved. */
export async function endToEndSection(servers: Servers, plan: EndToEndPlan): Promise<Section> {
  await setAnswer(servers.upstream, ANSWER)
  for (const { server } of servers.contenders) {
    const requests = plan.warmUpRequests
    await runLoad({ bodyBytes: 1_024, concurrency: 32, stream: false, port: server.port, requests })
  }
  const measured: Measured[] = []
  for (const cell of CELLS.filter(({ isQuick }) => isQuick || !plan.isQuick)) {
    measured.push(...(await measure(servers, cell, plan)))
  }
  return {
    title: 'End to end, before the same upstream',
    columns: ['traffic', 'proxy', 'CPU × bare', 'CPU × nginx', 'CPU µs', 'p50 × bare', 'p50 ms', 'p99 ms'],
    rows: measured.map((row) => [
      row.cell.name,
      row.proxy,
      showSpread(row.toBare, 2),
      row.toNginx === null ? '–' : showSpread(row.toNginx, 2),
      showSpread(row.cpuUs, 0),
      showSpread(row.p50ToBare, 2),
      showSpread(row.p50Ms, 2),
      showSpread(row.p99Ms, 2),
    ]),
    targets: measured.filter(({ proxy }) => proxy.startsWith('lynkr')).flatMap(targetsOf),
    data: measured,
  }
}

function targetsOf({ cell, proxy, toBare, p50ToBare }: Measured): readonly Target[] {
  const target = (what: string, limit: number, { median }: Spread): Target => ({
    what: `${proxy}: ${what}, ${cell.name}`,
    limit,
    measured: median,
    unit: '× bare proxy',
    bound: 'at most',
  })
  return [target('CPU per request', CPU_RATIO_MAX, toBare), target('p50', P50_RATIO_MAX, p50ToBare)]
}

async function measure(servers: Servers, cell: Cell, plan: EndToEndPlan): Promise<readonly Measured[]> {
  const { contenders } = servers
  const requests = await requestsFor(contenders, cell, plan.roundMs)
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < plan.rounds; round++) {
    for (const { name, server } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      samples.get(name)?.push(await sample(server, cell, requests))
    }
  }
  const ratios = (name: string, peer: string, pick: (sample: Sample) => number): Spread => {
    const theirs = samples.get(peer) ?? []
    return spread((samples.get(name) ?? []).map((ours, i) => pick(ours) / pick(theirs[i] ?? ours)))
  }
  return contenders.map(({ name }) => {
    const of = (pick: (sample: Sample) => number): Spread => spread((samples.get(name) ?? []).map(pick))
    return {
      cell,
      proxy: name,
      requestsPerRound: requests,
      cpuUs: of((one) => one.cpuUs),
      toBare: ratios(name, 'bare', (one) => one.cpuUs),
      toNginx: samples.has('nginx') ? ratios(name, 'nginx', (one) => one.cpuUs) : null,
      p50Ms: of((one) => one.load.p50Ms),
      p99Ms: of((one) => one.load.p99Ms),
      p50ToBare: ratios(name, 'bare', (one) => one.load.p50Ms),
    }
  })
}

/** Warms all of them up for this traffic, and finds how many requests fill a round of lynkr's. */
async function requestsFor(contenders: readonly Contender[], cell: Cell, roundMs: number): Promise<number> {
  const requests = Math.max(cell.concurrency * 2, 200)
  let perSecond = 0
  for (const { name, server } of contenders) {
    const { seconds } = await runLoad({ ...cell, port: server.port, requests })
    if (name === 'lynkr') perSecond = requests / seconds
  }
  return Math.max(requests, Math.round(perSecond * (roundMs / 1_000)))
}

async function sample(server: { pid: number; port: number }, cell: Cell, requests: number): Promise<Sample> {
  const beforeMs = cpuMs(server.pid)
  const load = await runLoad({ ...cell, port: server.port, requests })
  return { cpuUs: ((cpuMs(server.pid) - beforeMs) * 1_000) / load.requests, load }
}
