import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, startServer } from '../support/server-process.ts'
import { holdToPart, pin } from './cpu-part.ts'
import {
  closedLoop,
  goodput,
  inversions,
  isMainSparedMost,
  type Outcome,
  openLoop,
  percentile,
  refusalsByClass,
} from './load.ts'
import type { Probed } from './probe.ts'
import { processTime } from './process-time.ts'
import { startPromptly } from './promptly.ts'

/** Five times what lynkr can do, offered to it without mercy: it must go on doing what it can, and say no quickly. */
const isQuick = process.argv.includes('--quick')
/** As much as the other core can offer five times the work of. */
const CPU_SHARE = 0.8
const PEAK_MS = isQuick ? 3_000 : 10_000
const WIDTHS = [32, 64, 128]
const OVERLOAD_MS = isQuick ? 8_000 : 30_000
const AFTER_MS = 7_000
/** The first seconds of an overload are what makes it known. */
const ONSET_MS = 2_000
const TIMES = 5
const UPSIDE_DOWN = 'main turns refused while background is let in'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-overload-'))
const simulator = await startSimulator({ record: false })
simulator.setDefault({ blocks: [{ text: 'word '.repeat(200) }], chunkChars: 5, delayMs: 3 })
const port = await freePort()
/** Another threshold than the default, to see what it does. */
const waitMs = process.env.LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD
const env = {
  PORT: `${port}`,
  HOME: folder,
  LYNKR_DATA_DIR: folder,
  MODEL_PROVIDER: 'custom',
  CUSTOM_API_BASE: simulator.url,
  CUSTOM_API_KEY: 'any',
  LOG_LEVEL: 'error',
  // What is held to a part of a core, and measured, is one process.
  LYNKR_WORKERS: '1',
  ...(waitMs !== undefined && { LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: waitMs }),
}
const lynkr = await startServer([...lynkrCommand(), 'serve'], {
  port,
  env,
  readyPath: '/health/ready',
  output: 'ignore',
  sheds: true,
})
await closedLoop(lynkr.url, 32, 3_000)
const held = holdToPart(lynkr.pid, CPU_SHARE)

const peak = await findPeak()
const measured = Promise.withResolvers<Probed>()
const barePort = await freePort()
const bare = startPromptly('bare.ts', [`${barePort}`])
if (held.isPinned) pin(bare.pid, '0')
const probe = startPromptly('probe.ts', [lynkr.url, `http://127.0.0.1:${barePort}/`], (message) =>
  measured.resolve(readProbed(message)),
)
const timeBefore = processTime(lynkr.pid)
const startMs = performance.now()
const overload = openLoop(lynkr.url, peak * TIMES, OVERLOAD_MS)
await Bun.sleep(OVERLOAD_MS)
const overMs = performance.now()
const timeAfter = processTime(lynkr.pid)
const after = await openLoop(lynkr.url, peak / 4, AFTER_MS)
void probe.exited.then(() => measured.reject(new Error('the probe has ended early')))
probe.send('report')
const probed = await measured.promise
for (const helper of [probe, bare]) helper.kill('SIGKILL')
const all = await overload
await lynkr.stop()
await held.release()
await simulator.stop()
rmSync(folder, { recursive: true, force: true })
report()

/** The best of several widths: too few do not fill the proxy, too many are refused in part. */
async function findPeak(): Promise<number> {
  const found: number[] = []
  for (const width of WIDTHS) {
    const fromMs = performance.now()
    const outcomes = await closedLoop(lynkr.url, width, PEAK_MS)
    found.push(goodput(outcomes, fromMs + ONSET_MS / 2, fromMs + PEAK_MS))
  }
  return Math.max(...found)
}

/** What the probe says, which is of this folder and no other. */
function readProbed(message: unknown): Probed {
  return message as Probed
}

function report(): void {
  const during = goodput(all, startMs + ONSET_MS, overMs)
  const failed = [...all, ...after].filter(({ type }) => type === 'failed').length
  const recoveryMs = Math.max(overMs, ...after.filter(isRefused).map(({ sentMs }) => sentMs)) - overMs
  const healthMs = percentile(probed.healthMs, 0.99)
  const refusalMs = percentile(probed.refusedMs, 0.99)
  const upsideDown = inversions(all)
  const rows = [
    row('goodput against peak', `${during.toFixed(1)} of ${peak.toFixed(1)} streams/s`, '≥ 90 %', during >= peak * 0.9),
    row('health, p99 (p50, p90)', words(probed.healthMs), '< 50 ms', healthMs < 50),
    row('refusal, p99 (p50, p90)', words(probed.refusedMs), '< 10 ms', refusalMs < 10),
    row('its event loop is late: p99 of a second, p99 (p50, p90)', words(probed.loopLagMs), '', true),
    row('a server that does nothing, on the same core', words(probed.bareMs), '', true),
    row('recovery', `${(recoveryMs / 1_000).toFixed(1)} s`, '≤ 5 s', recoveryMs <= 5_000),
    row('health failures', `${probed.healthFailures} of ${probed.healthMs.length}`, '0', probed.healthFailures === 0),
    row(UPSIDE_DOWN, `${upsideDown}`, '0', upsideDown === 0),
    row('neither served nor refused', `${failed}`, '0', failed === 0),
  ]
  console.log(`lynkr held to ${held.words}; ${TIMES} times its peak for ${OVERLOAD_MS / 1_000} s`)
  console.table(rows)
  const part = (ms: number): string => `${((ms / (overMs - startMs)) * 100).toFixed(0)} %`
  console.log(`refused: ${refusalsByClass(all)}`)
  console.log(
    `lynkr ran for ${part(timeAfter.runningMs - timeBefore.runningMs)} of the overload; its threads were ready and kept from ` +
      `the processor by others, or by one another, for ${part(timeAfter.waitingMs - timeBefore.waitingMs)}`,
  )
  // Figures of time belong to the machine, and so does whose answer a client sees first; what must hold on every machine decides.
  const decisive = rows.filter(({ what, reach }) => reach === '0' && (!isQuick || what !== UPSIDE_DOWN))
  const claims = [all.some(isRefused), during > 0, isMainSparedMost(all)]
  const checks = [...decisive.map(({ verdict }) => verdict === 'met'), ...claims]
  const wrong = checks.filter((isGood) => !isGood).length
  console.log(`${checks.length - wrong} passed, ${wrong} failed`)
  process.exit(wrong === 0 ? 0 : 1)
}

/** `12.3 ms (2.1, 5.4)` */
function words(valuesMs: readonly number[]): string {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentile(valuesMs, share).toFixed(1))
  return `${p99} ms (${p50}, ${p90})`
}

function isRefused({ type }: Outcome): boolean {
  return type === 'refused'
}

function row(what: string, measured: string, reach: string, isMet: boolean) {
  return { what, measured, reach, verdict: reach === '' ? '' : isMet ? 'met' : 'missed' }
}
