import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, startServer } from '../support/server-process.ts'
import { ANSWERS, KINDS, keepAsking, POOR_KEY, RICH_KEY, type Tally } from './load.ts'
import type { Probed } from './probe.ts'
import { type Sample, type Series, trendOf } from './trend.ts'

/**
 * `bun run test:soak [--minutes 30]`: every kind of traffic at once against a real `serve`, whose memory, heap,
 * descriptors and timers must be as they were. What it takes to get warm, the first third, does not count.
 */
const at = process.argv.indexOf('--minutes')
const minutes = at < 0 ? 30 : Number(process.argv[at + 1])
if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error('--minutes takes a number above 0')
const LENGTH_MS = minutes * 60_000
const WARM_UP_MS = LENGTH_MS / 3
const SAMPLES = 120
const EVERY_MS = Math.max(1_000, (LENGTH_MS - WARM_UP_MS) / SAMPLES)

const folder = mkdtempSync(join(tmpdir(), 'lynkr-soak-'))
const simulator = await startSimulator({ record: false })
simulator.setDefault(...ANSWERS)
const config = join(folder, 'lynkr.yaml')
writeFileSync(
  config,
  'budgets: [{ scope: global, window: month, usd: 100000000 }, { scope: key, match: static_2, window: day, usd: 0 }]\n',
)
const probeFile = join(folder, 'probe')
writeFileSync(probeFile, '')
const port = await freePort()
const env = {
  PORT: `${port}`,
  HOME: folder,
  LYNKR_DATA_DIR: folder,
  LYNKR_CONFIG: config,
  LYNKR_API_KEYS: `${RICH_KEY},${POOR_KEY}`,
  LYNKR_SOAK_PROBE: probeFile,
  ANTHROPIC_API_KEY: 'any',
  ANTHROPIC_API_BASE: simulator.url,
  RESPONSE_CACHE_ENABLED: 'true',
  LOG_LEVEL: 'error',
  GRACEFUL_SHUTDOWN_TIMEOUT: '2000',
  // What fails upstream shall go on failing there, and not at an open breaker.
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: '10000',
  // What is looked at is growth: a machine that is short of processors must not shed here.
  LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: '60000',
  LOAD_SHEDDING_LOOP_LAG_THRESHOLD: '600000',
}
const command = [process.execPath, '--preload', './test/soak/probe.ts', 'src/main.ts', 'serve']
const lynkr = await startServer(command, { port, env, readyPath: '/health/ready', output: 'ignore' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.on('exit', () => {
  if (!hasEnded) process.kill(lynkr.pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
let hasEnded = false
void lynkr.exited.then(() => {
  hasEnded = true
})

const series: Record<'rss' | 'heap' | 'descriptors' | 'timers' | 'objects', Sample[]> = {
  ...{ rss: [], heap: [], descriptors: [], timers: [], objects: [] },
}
const startMs = performance.now()
const isOver = (): boolean => hasEnded || performance.now() - startMs >= LENGTH_MS
const load = Promise.all(KINDS.map(async (kind) => [kind.name, await keepAsking(kind, lynkr.url, isOver)] as const))
await Bun.sleep(WARM_UP_MS)
while (!isOver()) {
  sample(performance.now() - startMs)
  await Bun.sleep(EVERY_MS)
}
const tallies = await load
const code = hasEnded ? null : await lynkr.stop()
await simulator.stop()
report()

/** Memory as the system counts it, and what the process itself said last. */
function sample(atMs: number): void {
  const add = (into: Sample[], value: number | undefined) => value !== undefined && into.push({ atMs, value })
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${lynkr.pid}/status`, 'utf8'))
  add(series.rss, (Number(rss?.[1]) * 1_024) / 1e6)
  add(series.descriptors, readdirSync(`/proc/${lynkr.pid}/fd`).length)
  const line = readFileSync(probeFile, 'utf8').trim().split('\n').at(-1)
  const probed: Probed | null = line ? JSON.parse(line) : null
  if (probed === null) return
  add(series.heap, probed.heapBytes / 1e6)
  add(series.objects, probed.objects)
  add(series.timers, probed.timers)
}

function report(): void {
  const all: Series[] = [
    { name: 'resident memory', unit: 'MB', samples: series.rss, allowed: { part: 0.1, amount: 10 } },
    { name: 'heap after a collection', unit: 'MB', samples: series.heap, allowed: { part: 0.1, amount: 3 } },
    { name: 'objects after a collection', unit: '', samples: series.objects, allowed: { part: 0.1, amount: 5_000 } },
    { name: 'descriptors', unit: '', samples: series.descriptors, allowed: { part: 0.1, amount: 8 } },
    { name: 'timers', unit: '', samples: series.timers, allowed: { part: 0.1, amount: 25 } },
  ]
  const trends = all.map((one) => ({ ...one, trend: trendOf(one) }))
  const show = (value: number): string => value.toFixed(Math.abs(value) < 100 ? 1 : 0)
  console.table(
    trends.map(({ name, unit, samples, trend }) => ({
      figure: name,
      unit,
      samples: samples.length,
      median: show(trend.median),
      growth: show(trend.growth),
      allowed: show(trend.allowed),
      verdict: trend.isFlat ? 'flat' : 'GROWS',
    })),
  )
  console.table(tallies.map(([kind, { done, wrong }]) => ({ kind, done, wrong })))
  for (const [kind, { firstWrong }] of tallies) if (firstWrong !== '') console.log(`${kind}: ${firstWrong}`)
  const checks = [
    ...trends.map(({ trend }) => trend.isFlat),
    ...tallies.map(([, tally]) => isRight(tally)),
    // It ran to the end, and then ended as it should.
    code === 0,
  ]
  const passed = checks.filter(Boolean).length
  console.log(`${minutes} minutes, ${tallies.reduce((sum, [, { done }]) => sum + done, 0)} requests; exit code ${code}`)
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  process.exit(passed === checks.length ? 0 : 1)
}

function isRight({ done, wrong }: Tally): boolean {
  return done > 0 && wrong === 0
}
