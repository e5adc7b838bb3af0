import { mkdirSync } from 'node:fs'
import { endToEndSection } from './end-to-end.ts'
import { microSection } from './micro.ts'
import { type MoneyPlan, moneySection } from './money.ts'
import { observabilitySection } from './observability.ts'
import { sandboxSection } from './sandbox.ts'
import { socketsSection } from './sockets.ts'
import { startupSection } from './startup.ts'
import { streamsSection } from './streams.ts'
import { describeRun } from './support/machine.ts'
import { isMet, type Section, showTable, showTarget } from './support/section.ts'
import { startServers } from './support/servers.ts'

/**
 * `bun bench [--quick] [--json] [micro|end-to-end|streams|sockets|money|observability|startup|sandbox …]`: prints tables and targets, and writes the same as JSON
 * to `bench/results/<commit>.json`. `--quick` takes less than a minute and is for a look, not for quoting.
 */
interface Plan {
  readonly rounds: number
  /** Length of a timed round. */
  readonly microMs: number
  readonly roundMs: number
  readonly firstBytes: number
  readonly starts: number
  readonly money: MoneyPlan
}

const PLAN: Plan = {
  rounds: 7,
  microMs: 100,
  roundMs: 2_000,
  firstBytes: 2_000,
  starts: 15,
  money: { samples: 3_000, requests: 1_000_000 },
}
const QUICK_PLAN: Plan = {
  rounds: 2,
  microMs: 20,
  roundMs: 250,
  firstBytes: 300,
  starts: 5,
  money: { samples: 500, requests: 50_000 },
}

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const chosen = words.filter((word) => !word.startsWith('-'))
const wants = (name: string): boolean => chosen.length === 0 || chosen.includes(name)
const plan = isQuick ? QUICK_PLAN : PLAN

const run = describeRun(isQuick)
console.log(
  Object.entries(run)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
)

const sections: Section[] = []
if (wants('micro')) show(await microSection(plan.rounds, plan.microMs))
if (wants('end-to-end') || wants('streams') || wants('sockets') || wants('observability') || wants('money')) {
  const servers = await startServers()
  try {
    if (wants('end-to-end')) show(await endToEndSection(servers, plan.rounds, plan.roundMs))
    if (wants('streams')) show(await streamsSection(servers, plan.rounds, plan.firstBytes))
    if (wants('money')) show(await moneySection(servers.upstream, plan.money))
    if (wants('sockets')) show(await socketsSection(servers))
    if (wants('observability')) show(await observabilitySection(servers.upstream, plan.rounds))
  } finally {
    await servers.stop()
  }
}
if (wants('startup')) show(await startupSection(plan.starts))
if (wants('sandbox')) {
  const section = await sandboxSection(plan.starts)
  if (section !== null) show(section)
}

const targets = sections.flatMap((section) => section.targets)
console.log(
  `\nTargets: ${targets.filter(isMet).length} of ${targets.length} met\n${targets.map(showTarget).join('\n')}`,
)

const path = `bench/results/${run.commit}${isQuick ? '-quick' : ''}.json`
mkdirSync('bench/results', { recursive: true })
const json = JSON.stringify({ run, sections: sections.map(forJson) }, null, 2)
await Bun.write(path, `${json}\n`)
console.log(`\nJSON, also in ${path}:\n${words.includes('--json') ? json : '(--json prints it here)'}`)
process.exit(0)

function show(section: Section): void {
  sections.push(section)
  console.log(`\n## ${section.title}\n\n${showTable(section.columns, section.rows)}`)
}

function forJson(section: Section): unknown {
  const targets = section.targets.map((target) => ({ ...target, met: isMet(target) }))
  return { title: section.title, targets, data: section.data }
}
