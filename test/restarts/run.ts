import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'
import { startHaproxy } from './haproxy.ts'
import { type Load, newTally, offer, type Tally } from './load.ts'

/**
 * Rolling restarts of two instances behind haproxy, under open streams and a steady rate: nobody may notice. The load is
 * what was asked for, or, on a smaller machine, what one instance alone was found to carry.
 */
const isQuick = process.argv.includes('--quick')
const STREAMS = number('STREAMS', isQuick ? 50 : 500)
const RATE = number('RATE', isQuick ? 50 : 200)
const RESTARTS = number('RESTARTS', isQuick ? 2 : 20)
const SHUTDOWN_TIMEOUT_MS = 30_000
const FIT_MS = isQuick ? 5_000 : 15_000
const STREAMS_MIN = 8

const folder = mkdtempSync(join(tmpdir(), 'lynkr-restarts-'))
const simulator = await startSimulator({ record: false })
simulator.setDefault(
  { match: { text: 'stream' }, blocks: [{ text: 'word '.repeat(32) }], chunkChars: 10, delayMs: 500 },
  { blocks: [{ text: 'short' }] },
)
const ports = [await freePort(), await freePort()] as const
const front = await freePort()
const instances: ServerProcess[] = await Promise.all(ports.map((port) => startLynkr(port)))
const haproxy = await startHaproxy({ folder, front, ports })
const carried = await findLoad({ streams: STREAMS, perSecond: RATE })
const tally = newTally()
const load = offer(`http://127.0.0.1:${front}`, carried, tally)
const exits: { readonly code: number; readonly seconds: number }[] = []
for (let i = 0; i < RESTARTS; i++) {
  const at = i % 2
  exits.push(await stopOne(instances[at]))
  instances[at] = await startLynkr(ports[at] ?? 0)
  await Bun.sleep(3_000)
  await haproxy.untilUp(at)
}
await load.stop()
await Promise.all(instances.map((instance) => instance.stop()))
haproxy.kill()
await simulator.stop()
rmSync(folder, { recursive: true, force: true })
report(tally)

function number(name: string, fallback: number): number {
  return Number(process.env[`LYNKR_RESTARTS_${name}`] ?? fallback)
}

/** While one is away the other has everything: a load that this machine cannot give to one shows nothing about restarts. */
async function findLoad(wanted: Load): Promise<Load> {
  await stopOne(instances[1])
  let fitting = wanted
  for (;;) {
    const tried = newTally()
    const offered = offer(`http://127.0.0.1:${front}`, fitting, tried)
    await Bun.sleep(FIT_MS)
    await offered.stop()
    if (tried.shed + tried.failed === 0 || fitting.streams <= STREAMS_MIN) break
    console.log(
      `one instance was offered ${words(fitting)}: ${tried.shed} shed, ${tried.failed} failed; half of it now`,
    )
    fitting = { streams: Math.ceil(fitting.streams / 2), perSecond: Math.ceil(fitting.perSecond / 2) }
  }
  instances[1] = await startLynkr(ports[1])
  return fitting
}

function words({ streams, perSecond }: Load): string {
  return `${streams} streams and ${perSecond} requests/s`
}

function startLynkr(port: number): Promise<ServerProcess> {
  const env = {
    PORT: `${port}`,
    HOME: folder,
    LYNKR_DATA_DIR: join(folder, `${port}`),
    MODEL_PROVIDER: 'custom',
    CUSTOM_API_BASE: simulator.url,
    CUSTOM_API_KEY: 'any',
    GRACEFUL_SHUTDOWN_TIMEOUT: `${SHUTDOWN_TIMEOUT_MS}`,
    LOG_LEVEL: 'error',
  }
  return startServer([...lynkrCommand(), 'serve'], { port, env, readyPath: '/health/ready', output: 'ignore' })
}

async function stopOne(instance: ServerProcess | undefined) {
  const started = performance.now()
  process.kill(instance?.pid ?? 0, 'SIGTERM')
  while (isAlive(instance?.pid ?? 0)) await Bun.sleep(20)
  return { code: (await instance?.stop()) ?? -1, seconds: (performance.now() - started) / 1_000 }
}

/** A process that has ended may still be a zombie, which takes signals. */
function isAlive(pid: number): boolean {
  const status = Bun.spawnSync(['ps', '-o', 'stat=', '-p', `${pid}`])
    .stdout.toString()
    .trim()
  return status !== '' && !status.startsWith('Z')
}

function report(counts: Tally): void {
  const slowest = Math.max(...exits.map(({ seconds }) => seconds))
  console.table({
    restarts: RESTARTS,
    streams: carried.streams,
    'requests per second': carried.perSecond,
    finished: counts.finished,
    shed: counts.shed,
    failed: counts.failed,
    truncated: counts.truncated,
    'slowest exit, s': slowest,
  })
  for (const [why, times] of counts.reasons) console.log(`${times} times ${why}`)
  const checks = [
    counts.failed === 0,
    counts.truncated === 0,
    exits.every(({ code }) => code === 0),
    counts.finished > 0,
  ]
  const failed = checks.filter((isGood) => !isGood).length
  console.log(`${checks.length - failed} passed, ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}
