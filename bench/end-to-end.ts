import type { Plan } from './plan.ts'
import { type Cell, compare, type Measured, showRatio, warmUp } from './support/compare.ts'
import type { Section, Target } from './support/section.ts'
import { setAnswer, startServers } from './support/servers.ts'
import { type Spread, showSpread } from './support/statistics.ts'

const CELLS: readonly Cell[] = [
  ...[1_024, 138 * 1_024].flatMap((bodyBytes) =>
    [1, 32, 256].map((concurrency) => ({
      name: `${bodyBytes / 1_024} KB, ${concurrency} at once`,
      bodyBytes,
      concurrency,
      stream: false,
    })),
  ),
  { name: 'streams of 50 paced events, 100 at once', bodyBytes: 1_024, concurrency: 100, stream: true },
]

/** What must hold against the bare proxy, and the goal against nginx that needs a new idea. */
const CPU_TO_BARE_MAX = 1.25
const P50_TO_BARE_MAX = 1.5
const P99_TO_BARE_MAX = 2
const cpuToNginxGoal = ({ bodyBytes, stream }: Cell): number => (bodyBytes === 1_024 && !stream ? 1.6 : 1.3)

/** About a thousand characters; as a stream, fifty events that come one by one, two milliseconds apart. */
const ANSWER = { blocks: [{ text: 'A line of an answer. '.repeat(50) }], delayMs: 2 }

/** Every proxy before the same upstream, rounds interleaved. */
export async function endToEndSection(plan: Plan): Promise<Section> {
  const { upstream, contenders } = await startServers({ isQuick: plan.isQuick })
  await setAnswer(upstream, ANSWER)
  await warmUp(contenders, plan)
  const cells = CELLS.filter(({ concurrency }) => !plan.isQuick || concurrency === 32 || concurrency === 100)
  const measured: Measured[] = []
  for (const [i, cell] of cells.entries()) {
    const deadline = plan.deadline.part(1 / (cells.length - i))
    measured.push(...(await compare(contenders, cell, ['bare', 'nginx'], { ...plan, deadline })))
  }
  return {
    title: 'End to end, before the same upstream',
    columns: [
      'traffic',
      'proxy',
      'CPU × bare',
      'CPU × nginx',
      'p50 × bare',
      'p99 × bare',
      'CPU µs',
      'p50 ms',
      'p99 ms',
      'page faults',
    ],
    rows: measured.map((row) => [
      row.cell.name,
      row.proxy,
      showRatio(row.cpuTo, 'bare'),
      showRatio(row.cpuTo, 'nginx'),
      showRatio(row.p50To, 'bare'),
      showRatio(row.p99To, 'bare'),
      showSpread(row.cpuUs, 0),
      showSpread(row.p50Ms, 2),
      showSpread(row.p99Ms, 2),
      showSpread(row.faults, 1),
    ]),
    targets: measured.filter(({ proxy }) => proxy.startsWith('lynkr')).flatMap(targetsOf),
    data: measured,
  }
}

function targetsOf({ cell, proxy, cpuTo, p50To, p99To }: Measured): readonly Target[] {
  const target = (what: string, peer: string, limit: number, ratio: Spread | undefined): Target[] =>
    ratio === undefined
      ? []
      : [
          {
            what: `${proxy}: ${what}, ${cell.name}`,
            limit,
            measured: ratio.median,
            unit: `× ${peer}`,
            bound: 'at most',
          },
        ]
  return [
    // One request at a time costs what a turn of the event loop costs; no limit is set for it.
    ...(cell.concurrency === 1 ? [] : target('CPU per request', 'bare proxy', CPU_TO_BARE_MAX, cpuTo.bare)),
    ...target('p50', 'bare proxy', P50_TO_BARE_MAX, p50To.bare),
    ...target('p99', 'bare proxy', P99_TO_BARE_MAX, p99To.bare),
    ...(cell.concurrency === 1 ? [] : target('goal: CPU per request', 'nginx', cpuToNginxGoal(cell), cpuTo.nginx)),
  ]
}
