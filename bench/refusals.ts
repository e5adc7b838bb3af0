import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from './plan.ts'
import { type Cell, compare, type Measured, showRatio, warmUp } from './support/compare.ts'
import { scratchFolder } from './support/owned.ts'
import type { Section, Target } from './support/section.ts'
import { type Contender, startLynkr, startUpstream } from './support/servers.ts'
import { showSpread } from './support/statistics.ts'

const CELL: Cell = { name: '1 KB, 32 at once', bodyBytes: 1_024, concurrency: 32, stream: false }
const HEALTH = 'health check'
const SHED = 'shed'
const TO_HEALTH_MAX = 2

/** What it costs to say no, beside the cheapest answer that there is: under load most answers are refusals. */
export async function refusalsSection(plan: Plan): Promise<Section> {
  const contenders = await startRefusers()
  await warmUp(contenders, plan)
  const measured = await compare(contenders, CELL, [HEALTH], plan)
  return {
    title: `Saying no, ${CELL.name}`,
    columns: ['answer', 'CPU × health check', 'CPU µs', 'p50 ms', 'p99 ms'],
    rows: measured.map((row) => [
      row.proxy,
      showRatio(row.cpuTo, HEALTH),
      showSpread(row.cpuUs, 1),
      showSpread(row.p50Ms, 2),
      showSpread(row.p99Ms, 2),
    ]),
    targets: measured.filter(({ proxy }) => proxy === SHED).flatMap(targetsOf),
    data: measured,
  }
}

/** One lynkr for each reason to refuse, and for each the status that says so. */
async function startRefusers(): Promise<readonly Contender[]> {
  const { url } = await startUpstream()
  const start = (env: Readonly<Record<string, string>>) => startLynkr(url, env, 0)
  const open = await start({})
  return [
    { name: HEALTH, server: open, load: { get: '/health/live' } },
    { name: SHED, server: await start({ LOAD_SHEDDING_MEMORY_THRESHOLD: '0.0001' }), load: { status: 529 } },
    {
      name: 'unknown key',
      server: await start({ LYNKR_API_KEYS: 'another-key-0123456789-0123456789' }),
      load: { status: 401 },
    },
    {
      name: 'over its rate',
      server: await start({ LYNKR_CONFIG: fileOf('limits:\n  - { scope: global, requestsPerMinute: 0 }\n') }),
      load: { status: 429 },
    },
    {
      name: 'over its budget',
      server: await start({ LYNKR_CONFIG: fileOf('budgets:\n  - { scope: global, window: month, usd: 0.000001 }\n') }),
      load: { status: 429 },
    },
  ]
}

function fileOf(yaml: string): string {
  const file = join(scratchFolder(), 'lynkr.yaml')
  writeFileSync(file, yaml)
  return file
}

function targetsOf({ cpuTo }: Measured): readonly Target[] {
  const ratio = cpuTo[HEALTH]
  if (ratio === undefined) return []
  const what = 'CPU of a shed request'
  return [{ what, limit: TO_HEALTH_MAX, measured: ratio.median, unit: '× health check', bound: 'at most' }]
}
