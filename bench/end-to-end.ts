import type { LoadResult } from './load.ts'
import { cpuMs } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import type { Section, Target } from './support/section.ts'
import { type Servers, setAnswer } from './support/servers.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

/** One kind of traffic. */
interface Cell {
  readonly name: string
  readonly bodyBytes: number
  readonly concurrency: number
  readonly stream: boolean
}

interface Sample {
  readonly cpuUs: number
  readonly load: LoadResult
}

/** Rounds of one cell; ratios are lynkr to the bare proxy, taken per round. */
interface Measured {
  readonly cell: Cell
  readonly requestsPerRound: number
  readonly lynkrCpuUs: Spread
  readonly bareCpuUs: Spread
  readonly cpuRatio: Spread
  readonly lynkrP50Ms: Spread
  readonly bareP50Ms: Spread
  readonly lynkrP99Ms: Spread
  readonly bareP99Ms: Spread
  readonly p50Ratio: Spread
}

const CELLS: readonly Cell[] = [
  ...[1_024, 138 * 1_024].flatMap((bodyBytes) =>
    [1, 32, 256].map((concurrency) => ({
      name: `${bodyBytes / 1_024} KB, ${concurrency} at once`,
      bodyBytes,
      concurrency,
      stream: false,
    })),
  ),
  { name: 'streams of 50 paced events, 32 at once', bodyBytes: 1_024, concurrency: 32, stream: true },
]

const CPU_RATIO_MAX = 1.35
/** About a thousand characters; as a stream, fifty events that come one by one, two milliseconds apart. */
const ANSWER = { blocks: [{ text: 'A line of an answer. '.repeat(50) }], delayMs: 2 }

/** lynkr against the bare proxy, same upstream, rounds interleaved. */
export async function endToEndSection(servers: Servers, rounds: number, roundMs: number): Promise<Section> {
  await setAnswer(servers.upstream, ANSWER)
  const measured: Measured[] = []
  for (const cell of CELLS) measured.push(await measure(servers, cell, rounds, roundMs))
  return {
    title: 'End to end, against a bare Bun.serve + fetch proxy with one JSON.parse',
    columns: ['traffic', 'CPU µs, lynkr', 'CPU µs, bare', 'CPU ratio', 'p50 ms, lynkr', 'p50 ms, bare', 'p50 ratio'],
    rows: measured.map((row) => [
      row.cell.name,
      showSpread(row.lynkrCpuUs, 0),
      showSpread(row.bareCpuUs, 0),
      showSpread(row.cpuRatio, 2),
      showSpread(row.lynkrP50Ms, 2),
      showSpread(row.bareP50Ms, 2),
      showSpread(row.p50Ratio, 2),
    ]),
    targets: measured.map(target),
    data: measured,
  }
}

function target({ cell, cpuRatio }: Measured): Target {
  const what = `CPU per request, ${cell.name}`
  return { what, limit: CPU_RATIO_MAX, measured: cpuRatio.median, unit: '× bare proxy', bound: 'at most' }
}

async function measure(servers: Servers, cell: Cell, rounds: number, roundMs: number): Promise<Measured> {
  const requests = await requestsFor(servers, cell, roundMs)
  const lynkr: Sample[] = []
  const bare: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['lynkr', 'bare'] : ['bare', 'lynkr']
    for (const name of order) {
      if (name === 'lynkr') lynkr.push(await sample(servers.lynkr, cell, requests))
      else bare.push(await sample(servers.bare, cell, requests))
    }
  }
  const of = (samples: readonly Sample[], pick: (sample: Sample) => number): Spread => spread(samples.map(pick))
  const ratio = (pick: (sample: Sample) => number): Spread =>
    spread(lynkr.map((ours, i) => pick(ours) / pick(bare[i] ?? ours)))
  return {
    cell,
    requestsPerRound: requests,
    lynkrCpuUs: of(lynkr, (one) => one.cpuUs),
    bareCpuUs: of(bare, (one) => one.cpuUs),
    cpuRatio: ratio((one) => one.cpuUs),
    lynkrP50Ms: of(lynkr, (one) => one.load.p50Ms),
    bareP50Ms: of(bare, (one) => one.load.p50Ms),
    lynkrP99Ms: of(lynkr, (one) => one.load.p99Ms),
    bareP99Ms: of(bare, (one) => one.load.p99Ms),
    p50Ratio: ratio((one) => one.load.p50Ms),
  }
}

/** Warms both proxies up, and finds how many requests fill a round. */
async function requestsFor(servers: Servers, cell: Cell, roundMs: number): Promise<number> {
  const warmUp = Math.max(cell.concurrency * 2, 200)
  const load = { ...cell, requests: warmUp }
  await runLoad({ ...load, port: servers.bare.port })
  const { seconds } = await runLoad({ ...load, port: servers.lynkr.port })
  return Math.max(warmUp, Math.round((warmUp / seconds) * (roundMs / 1_000)))
}

async function sample(server: { pid: number; port: number }, cell: Cell, requests: number): Promise<Sample> {
  const beforeMs = cpuMs(server.pid)
  const load = await runLoad({ ...cell, port: server.port, requests })
  return { cpuUs: ((cpuMs(server.pid) - beforeMs) * 1_000) / load.requests, load }
}
