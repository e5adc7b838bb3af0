import { startPortkey } from './peers/portkey.ts'
import type { Plan } from './plan.ts'
import { type Cell, compare, type Measured, showRatio, warmUp } from './support/compare.ts'
import { rssMegabytes } from './support/process-cost.ts'
import type { Section } from './support/section.ts'
import { setAnswer, startFullLynkr, startNativePeers, startUpstream } from './support/servers.ts'
import { showSpread } from './support/statistics.ts'

const CELLS: readonly Cell[] = [1_024, 138 * 1_024].map((bodyBytes) => ({
  name: `${bodyBytes / 1_024} KB, 32 at once`,
  bodyBytes,
  concurrency: 32,
  stream: false,
}))

/** Other gateways, where they can be installed; in turns with lynkr, before the same upstream. */
export async function peersSection(plan: Plan): Promise<Section | null> {
  const upstream = await startUpstream()
  await setAnswer(upstream, { blocks: [{ text: 'A line of an answer. '.repeat(50) }] })
  const portkey = await startPortkey(upstream.url)
  if (portkey === null) return null
  const lynkr = await startFullLynkr(upstream.url)
  const contenders = [{ name: 'lynkr', server: lynkr }, portkey, ...(await startNativePeers(upstream.port))]
  await warmUp(contenders, plan)
  const measured: Measured[] = []
  for (const [i, cell] of CELLS.entries()) {
    const deadline = plan.deadline.part(1 / (CELLS.length - i))
    measured.push(...(await compare(contenders, cell, ['lynkr', 'nginx'], { ...plan, deadline })))
  }
  return {
    title: 'Other gateways',
    columns: ['traffic', 'proxy', 'CPU × lynkr', 'CPU × nginx', 'CPU µs', 'p50 ms', 'memory after, MB'],
    rows: measured.map((row) => [
      row.cell.name,
      row.proxy,
      showRatio(row.cpuTo, 'lynkr'),
      showRatio(row.cpuTo, 'nginx'),
      showSpread(row.cpuUs, 0),
      showSpread(row.p50Ms, 2),
      rssMegabytes(contenders.find(({ name }) => name === row.proxy)?.server.pid ?? process.pid).toFixed(0),
    ]),
    targets: [],
    data: measured,
  }
}
