/**
 * What one request makes of objects in lynkr's own process, by kind, its log line left out: what the collector has to take
 * back.
 *
 *     bun bench/allocations.ts          # without a budget, 1 KB
 *     bun bench/allocations.ts 141312   # bytes of the body
 */
import { heapStats } from 'bun:jsc'
import { openInProcess } from './support/in-process.ts'
import { ownWhatIsStarted } from './support/owned.ts'
import { BENCH_KEY, messagesBody } from './support/request.ts'

const WARM = 20_000
const COUNTED = 200
const AT_ONCE = 32
/** Fewer are not worth a line. */
const SHOWN_MIN = 0.5

ownWhatIsStarted()
const ask = await openInProcess({ LYNKR_API_KEYS: BENCH_KEY, LOG_LEVEL: 'error' })
const body = messagesBody(Number(process.argv[2] ?? 1024), false)

async function run(requests: number): Promise<void> {
  let left = requests
  const one = async (): Promise<void> => {
    while (left-- > 0) await ask(BENCH_KEY, body)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

await run(WARM)
Bun.gc(true)
const before = heapStats().objectTypeCounts
await run(COUNTED)
const after = heapStats().objectTypeCounts
const made = Object.entries(after)
  .map(([kind, count]) => ({ kind, count: (count - (before[kind] ?? 0)) / COUNTED }))
  .filter(({ count }) => count >= SHOWN_MIN)
  .sort((one, two) => two.count - one.count)
process.stderr.write(`${made.map(({ kind, count }) => `${count.toFixed(1).padStart(7)} ${kind}`).join('\n')}\n`)
process.exit(0)
