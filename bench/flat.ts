import { withEngineSettings } from '../src/config/reexec.ts'
import type { FlatFigures } from './flat/requests.ts'
import type { Plan } from './plan.ts'
import { bound, own } from './support/owned.ts'
import type { Section } from './support/section.ts'
import { showSpread, spread } from './support/statistics.ts'

/** Shares of the requests: 100,000 keys and 10,000 models of a million. */
const KEYS_SHARE = 0.1
const MODELS_SHARE = 0.01
const RATIO_MAX = 1.05
/** The report's figure is 4.2; what is below a hundredth of it is what the allocator happens to hold. */
const MEGABYTES_MAX = 0.04
const RECORDS = 10_000
/** What the last blocks, and the end, take of the section's time. */
const LAST_SHARE = 0.2

/** Whether a request costs after very many of very many keys and models what it did before. */
export async function flatSection({ flatRequests, deadline }: Plan): Promise<Section> {
  const keys = flatRequests * KEYS_SHARE
  const models = flatRequests * MODELS_SHARE
  const seconds = ((deadline.endMs - performance.now()) / 1_000) * (1 - LAST_SHARE)
  const command = [process.execPath, 'bench/flat/requests.ts', ...[flatRequests, keys, models, seconds].map(String)]
  const env = withEngineSettings(process.env)
  const child = Bun.spawn([...bound(command, 0)], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  own(child.pid, child.exited)
  const told = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(told)
  const figures: FlatFigures = JSON.parse(told.trim().split('\n').at(-1) ?? '')
  const { requests, recorded, rssBytes, heapBytes } = figures
  const [before, after, all] = [figures.beforeUs, figures.afterUs, figures.allUs].map(spread)
  if (before === undefined || after === undefined || all === undefined) throw new Error('nothing was measured')
  const ratio = after.median / before.median
  const megabytes = (bytes: number): number => (bytes / 1e6 / recorded) * RECORDS
  const isShort = requests < flatRequests * 0.9 ? ` (${flatRequests} were wanted: the time was over)` : ''
  return {
    title: `Flat cost: ${requests} requests of ${keys} keys and ${models} models${isShort}`,
    columns: ['figure', 'against before', 'µs'],
    rows: [
      ['CPU of a request, 10 keys and models, before', '1.00', showSpread(before, 1)],
      ['the same requests, after', ratio.toFixed(2), showSpread(after, 1)],
      ['requests of all keys and models, after', (all.median / before.median).toFixed(2), showSpread(all, 1)],
      ['memory of 10,000 recorded requests, MB resident', '', recorded > 0 ? megabytes(rssBytes).toFixed(3) : '–'],
      ['memory of 10,000 recorded requests, MB of heap', '', recorded > 0 ? megabytes(heapBytes).toFixed(3) : '–'],
    ],
    targets: [
      {
        what: `CPU of a request after ${requests}`,
        limit: RATIO_MAX,
        measured: ratio,
        unit: '× before',
        bound: 'at most',
      },
      ...(recorded < RECORDS
        ? []
        : [
            {
              what: 'memory of 10,000 recorded requests (the report: 4.2)',
              limit: MEGABYTES_MAX,
              measured: megabytes(rssBytes),
              unit: 'MB',
              bound: 'at most' as const,
            },
          ]),
    ],
    data: figures,
  }
}
