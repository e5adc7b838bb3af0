import type { Plan } from './plan.ts'
import { type Cell, compare, type Measured, showRatio, warmUp } from './support/compare.ts'
import { BENCH_KEY } from './support/request.ts'
import type { Section, Target } from './support/section.ts'
import { setAnswer, startLynkr, startNativePeers, startUpstream } from './support/servers.ts'
import { showSpread } from './support/statistics.ts'

const CELLS: readonly Cell[] = [1_024, 138 * 1_024].map((bodyBytes) => ({
  name: `${bodyBytes / 1_024} KB, 32 at once`,
  bodyBytes,
  concurrency: 32,
  stream: false,
}))
const CHAT = 'lynkr, Messages to Chat'
const SAME = 'lynkr, Messages to Messages'
const limitOf = ({ bodyBytes }: Cell): number => (bodyBytes === 1_024 ? 3 : 5)

/** What it costs to speak another dialect upstream: the body is read whole and written anew. */
export async function lanesSection(plan: Plan): Promise<Section> {
  const upstream = await startUpstream()
  await setAnswer(upstream, { blocks: [{ text: 'A line of an answer. '.repeat(50) }] })
  const keys = { LYNKR_API_KEYS: BENCH_KEY }
  const chat = { MODEL_PROVIDER: 'custom-openai', CUSTOM_OPENAI_API_BASE: `${upstream.url}/v1` }
  const contenders = [
    { name: CHAT, server: await startLynkr(upstream.url, { ...keys, ...chat }, 0) },
    { name: SAME, server: await startLynkr(upstream.url, keys, 0) },
    ...(await startNativePeers(upstream.port)),
  ]
  await warmUp(contenders, plan)
  const measured: Measured[] = []
  for (const [i, cell] of CELLS.entries()) {
    const deadline = plan.deadline.part(1 / (CELLS.length - i))
    measured.push(...(await compare(contenders, cell, [SAME, 'nginx'], { ...plan, deadline })))
  }
  return {
    title: 'From one dialect to another',
    columns: ['traffic', 'proxy', 'CPU × nginx', 'CPU × the same dialect', 'CPU µs', 'p50 ms'],
    rows: measured.map((row) => [
      row.cell.name,
      row.proxy,
      showRatio(row.cpuTo, 'nginx'),
      showRatio(row.cpuTo, SAME),
      showSpread(row.cpuUs, 0),
      showSpread(row.p50Ms, 2),
    ]),
    targets: measured.filter(({ proxy }) => proxy === CHAT).flatMap(targetsOf),
    data: measured,
  }
}

function targetsOf({ cell, cpuTo }: Measured): readonly Target[] {
  const ratio = cpuTo.nginx
  if (ratio === undefined) return []
  const what = `Messages to Chat: CPU per request, ${cell.name}`
  return [{ what, limit: limitOf(cell), measured: ratio.median, unit: '× nginx', bound: 'at most' }]
}
