import { mkdirSync } from 'node:fs'
import { endToEndSection } from './end-to-end.ts'
import { microSection } from './micro.ts'
import { type MoneyPlan, moneySection } from './money.ts'
import { observabilitySection } from './observability.ts'
import { chartOf } from './report/chart.ts'
import { type Results, regressions, resultsPage } from './report/results-page.ts'
import { sandboxSection } from './sandbox.ts'
import { socketsSection } from './sockets.ts'
import { startupSection } from './startup.ts'
import { streamsSection } from './streams.ts'
import { describeRun } from './support/machine.ts'
import { isMet, type Section, showTable, showTarget } from './support/section.ts'
import { startServers } from './support/servers.ts'

/**
 * `bun bench [--quick] [--json] [micro|end-to-end|streams|sockets|money|observability|startup|sandbox …]`: prints tables
 * and targets, and writes the same as JSON to `bench/results/<commit>.json`. A whole run also writes `bench/RESULTS.md`
 * and its chart; `--quick` is for a look, not for quoting. What has become much worse than in the last whole run is
 * named, and fails nothing.
 */
interface Plan {
  readonly rounds: number
  /** Length of a timed round. */
  readonly microMs: number
  readonly roundMs: number
  readonly warmUpRequests: number
  readonly firstBytes: number
  readonly starts: number
  readonly money: MoneyPlan
}

const PLAN: Plan = {
  rounds: 5,
  microMs: 100,
  roundMs: 1_000,
  warmUpRequests: 20_000,
  firstBytes: 2_000,
  starts: 15,
  money: { samples: 3_000, requests: 1_000_000 },
}
const QUICK_PLAN: Plan = {
  rounds: 2,
  microMs: 20,
  roundMs: 250,
  warmUpRequests: 3_000,
  firstBytes: 300,
  starts: 5,
  money: { samples: 500, requests: 50_000 },
}
const LAST = 'bench/results/last.json'

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
    if (wants('end-to-end')) show(await endToEndSection(servers, { ...plan, isQuick }))
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

const results: Results = { run, sections }
const path = `bench/results/${run.commit}${isQuick ? '-quick' : ''}.json`
mkdirSync('bench/results', { recursive: true })
const json = JSON.stringify({ run, sections: sections.map(forJson) }, null, 2)
await Bun.write(path, `${json}\n`)
console.log(`\nJSON, also in ${path}:\n${words.includes('--json') ? json : '(--json prints it here)'}`)

const last = Bun.file(LAST)
const worse = (await last.exists()) ? regressions(await last.json(), results) : []
if (worse.length > 0) console.log(`\nMuch worse than in the last whole run:\n${worse.join('\n')}`)
if (!isQuick && chosen.length === 0) {
  await Bun.write(LAST, json)
  await Bun.write('bench/RESULTS.md', resultsPage(results))
  await Bun.write('bench/results.svg', chartOf(results))
}
process.exit(0)

function show(section: Section): void {
  sections.push(section)
  console.log(`\n## ${section.title}\n\n${showTable(section.columns, section.rows)}`)
}

function forJson(section: Section): unknown {
  const ofSection = section.targets.map((target) => ({ ...target, met: isMet(target) }))
  return { title: section.title, targets: ofSection, data: section.data }
}
