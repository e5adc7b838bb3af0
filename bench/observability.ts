import { join } from 'node:path'
import type { ServerProcess } from '../test/support/server-process.ts'
import type { Plan } from './plan.ts'
import { scratchFolder } from './support/owned.ts'
import { cpuMs } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import type { Section } from './support/section.ts'
import { setAnswer, startLynkr, startUpstream } from './support/servers.ts'
import { showSpread, spread } from './support/statistics.ts'

/** One round's worth of requests, and how many ask at once: enough to keep a core busy. */
const LOAD = { bodyBytes: 1_024, stream: false, concurrency: 32, requests: 4_000 } as const
/** While it is scraped, some 1,300 requests a second: where the processors are full their queue would be measured, not a scrape. */
const CALM_LOAD = { ...LOAD, pauseMs: 20, requests: 6_000 } as const
const SCRAPE_PAUSE_MS = 25
/** So many models and providers bring the exposition to some 2,000 lines. */
const MODELS = 100
const PROVIDERS = 16

const OFF = { METRICS_ENABLED: 'false', LYNKR_DASHBOARD_ENABLED: 'false', LOG_LEVEL: 'silent' }

/** What it costs to see everything: CPU with all of it on against all of it off, and a scrape in the middle of it. */
export async function observabilitySection({ rounds, deadline }: Plan): Promise<Section> {
  const upstream = await startUpstream()
  await setAnswer(upstream, { blocks: [{ text: 'A short answer.' }] })
  using collector = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(new Uint8Array()) })
  const on = await start(upstream, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.origin })
  const off = await start(upstream, OFF)
  const ratios: number[] = []
  const scrapes: number[] = []
  const checks: number[] = []
  for (const server of [on, off]) await runLoad({ ...LOAD, port: server.port })
  for (let round = 0; round === 0 || (round < rounds && !deadline.isOver()); round++) {
    const pair = round % 2 === 0 ? [on, off] : [off, on]
    const costs = new Map<ServerProcess, number>()
    for (const server of pair) costs.set(server, await cpuOfRound(server))
    ratios.push((costs.get(on) ?? Number.NaN) / (costs.get(off) ?? Number.NaN))
    scrapes.push(...(await askUnderLoad(on, '/metrics/prometheus')))
    checks.push(...(await askUnderLoad(on, '/health/live')))
  }
  const ratio = spread(ratios)
  const scrape = quantiles(scrapes)
  const check = quantiles(checks)
  const series = await seriesOf(on)
  return {
    title: 'Seeing everything: metrics, access lines, traces, dashboard',
    columns: ['figure', 'measured'],
    rows: [
      ['CPU of a request, all on against all off', showSpread(ratio, 3)],
      [`scrape of ${series} series under load, ms: p50, p99`, showQuantiles(scrape)],
      ['health check under the same load, ms: p50, p99', showQuantiles(check)],
    ],
    targets: [
      { what: 'CPU, all on against all off', limit: 1.05, measured: ratio.median, unit: '×', bound: 'at most' },
      { what: 'scrape under load, p99', limit: 5, measured: scrape.p99, unit: 'ms', bound: 'under' },
    ],
    data: { ratio, series, scrapeMs: scrape, healthMs: check },
  }
}

async function cpuOfRound(server: ServerProcess): Promise<number> {
  const beforeMs = cpuMs(server.pid)
  await runLoad({ ...LOAD, port: server.port })
  return cpuMs(server.pid) - beforeMs
}

interface Quantiles {
  readonly p50: number
  readonly p99: number
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

function showQuantiles({ p50, p99 }: Quantiles): string {
  return `${p50.toFixed(1)}, ${p99.toFixed(1)}`
}

/** Times of answers while requests run, in ms: from the question to the last byte, as Prometheus waits for it. */
async function askUnderLoad(server: ServerProcess, path: string): Promise<number[]> {
  const took: number[] = []
  let isLoaded = true
  const load = runLoad({ ...CALM_LOAD, port: server.port }).finally(() => {
    isLoaded = false
  })
  while (isLoaded) {
    const startMs = performance.now()
    await (await fetch(`${server.url}${path}`)).arrayBuffer()
    took.push(performance.now() - startMs)
    await Bun.sleep(SCRAPE_PAUSE_MS)
  }
  await load
  return took
}

async function seriesOf({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics/prometheus`)).text()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
}

/** lynkr with many names, the first of which serves. */
async function start(upstream: ServerProcess, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const config = join(scratchFolder(), 'lynkr.yaml')
  const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  const others = names('other', PROVIDERS).map((name) => [name, { type: 'custom', base: upstream.url, key: 'bench' }])
  const first = { base: upstream.url, key: 'bench', models: names('model', MODELS) }
  await Bun.write(config, JSON.stringify({ providers: { anthropic: first, ...Object.fromEntries(others) } }))
  return startLynkr(upstream.url, { LYNKR_CONFIG: config, LYNKR_MODEL_REFRESH_INTERVAL: '0', ...env })
}
