import { writeSync } from 'node:fs'
import { openInProcess } from '../support/in-process.ts'
import { ownWhatIsStarted, scratchFolder } from '../support/owned.ts'
import { messagesBody } from '../support/request.ts'
import { budgetsFile } from '../support/servers.ts'
import { seedKeys } from './seed-keys.ts'

/**
 * What `bench/flat.ts` runs: the same few requests before and after very many of all keys and models. Prints one line of
 * JSON on stderr; stdout is the access log.
 *
 *     bun bench/flat/requests.ts REQUESTS KEYS MODELS SECONDS
 */
export interface FlatFigures {
  /** Between the two measurements. */
  readonly requests: number
  /** Processor time of a request in µs, a figure a block: few keys and models before, the same after, all of them after. */
  readonly beforeUs: readonly number[]
  readonly afterUs: readonly number[]
  readonly allUs: readonly number[]
  /** Memory added by requests of keys and models that are known already, settled. */
  readonly rssBytes: number
  readonly heapBytes: number
  /** How many they were. */
  readonly recorded: number
}

const FEW = 10
const WARM_UP = 20_000
const BLOCKS = 5
/** Requests under way at the same time, as those of many keys are. */
const AT_ONCE = 32
/** Requests that a block has at least, however late it is: with fewer the compiler and the last batches would be measured. */
const LEAST = 2_000

const [requests = 0, keys = 0, models = 0, seconds = 0] = process.argv.slice(2).map(Number)
const endMs = performance.now() + seconds * 1_000
const block = Math.min(10_000, requests / 50)
ownWhatIsStarted()

const folder = scratchFolder()
const names = await seedKeys(folder, keys)
const ask = await openInProcess({ LYNKR_DATA_DIR: folder, LYNKR_REQUIRE_KEYS: 'true', LYNKR_CONFIG: budgetsFile() })
const [head = '', tail = ''] = messagesBody(1_024, false).split('claude-sonnet-5-5')
const bodyOf = (model: number): string => `${head}claude-sonnet-5-5-${model}${tail}`

await run(Math.min(WARM_UP, requests / 10), FEW, FEW)
const beforeUs = await blocks(FEW, FEW)
const known = await run(keys, keys, models, endMs)
const [rssBefore, heapBefore] = settled()
const many = requests - keys - block * BLOCKS
const recorded = await run(many, keys, models, endMs)
const [rssAfter, heapAfter] = settled()
const allUs = await blocks(keys, models)
// What all of them have left to do is no part of those few.
await run(WARM_UP / 2, FEW, FEW)
const afterUs = await blocks(FEW, FEW)
const figures: FlatFigures = {
  ...{ requests: known + recorded, beforeUs, afterUs, allUs, recorded },
  ...{ rssBytes: rssAfter - rssBefore, heapBytes: heapAfter - heapBefore },
}
writeSync(2, `${JSON.stringify(figures)}\n`)
process.exit(0)

/** @returns how many were made before the time was over */
async function run(count: number, ofKeys: number, ofModels: number, untilMs = Infinity): Promise<number> {
  for (let i = 0; i < count; i += AT_ONCE) {
    if (performance.now() > untilMs) return i
    await askSome(i, Math.min(AT_ONCE, count - i), ofKeys, ofModels)
  }
  return count
}

/** A step that shares no factor with the counts: neighbours are far apart, and all have their turn. */
async function askSome(from: number, count: number, ofKeys: number, ofModels: number): Promise<void> {
  const asked = Array.from({ length: count }, (_, i) => {
    const at = (from + i) * 7_919
    return ask(names[at % ofKeys] ?? '', bodyOf(at % ofModels))
  })
  await Promise.all(asked)
}

async function blocks(ofKeys: number, ofModels: number): Promise<number[]> {
  const us: number[] = []
  for (let i = 0; i < BLOCKS; i++) {
    const before = process.cpuUsage()
    let done = 0
    for (; done < block; done += AT_ONCE) {
      if (done >= LEAST && performance.now() > endMs) break
      await askSome(i * block + done, AT_ONCE, ofKeys, ofModels)
    }
    const { user, system } = process.cpuUsage(before)
    us.push((user + system) / done)
  }
  return us
}

function settled(): [number, number] {
  Bun.gc(true)
  Bun.gc(true)
  const { rss, heapUsed } = process.memoryUsage()
  return [rss, heapUsed]
}
