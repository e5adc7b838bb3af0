import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chartOf } from './report/chart.ts'
import { type Results, regressions, resultsPage } from './report/results-page.ts'
import { SECTIONS } from './sections.ts'
import { describeRun } from './support/machine.ts'
import { endSection, runSection } from './support/run-section.ts'
import { isMet, type Section, showTable, showTarget } from './support/section.ts'

/**
 * `bun bench [--quick] [--json] [--seconds N] [section …]`: prints tables and targets, and writes the same as JSON to
 * `bench/results/<commit>.json`. A whole run also writes `bench/RESULTS.md` and its chart; `--quick` is for a look, not
 * for quoting. `--seconds` gives each section that is named so much time instead of its own. What has become much worse
 * than in the last run of the same size is named, and fails nothing; a section that does not come to its end is named
 * too, and then the exit code is 1.
 */
const LIMIT_SECONDS = { whole: 590, quick: 58 }

const { values: options, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, seconds: { type: 'string' } },
})
const size = options.quick === true ? 'quick' : 'whole'
const ownSeconds = options.seconds === undefined || named.length === 0 ? null : Number(options.seconds)
const unknown = named.filter((word) => SECTIONS.every(({ name }) => name !== word))
if (ownSeconds !== null && !(ownSeconds > 0)) {
  console.error('--seconds takes a number above 0')
  process.exit(2)
}
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(', ')}; there are ${SECTIONS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const chosen = SECTIONS.filter(({ name, quickSeconds }) =>
  named.length > 0 ? named.includes(name) : size === 'whole' || quickSeconds !== null,
)

const folder = mkdtempSync(join(tmpdir(), 'lynkr-bench-'))
process.on('exit', () => {
  endSection()
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const run = describeRun(size === 'quick')
console.log(
  Object.entries(run)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
)

const sections: Section[] = []
const missing: string[] = []
for (const section of chosen) {
  // Sections that are asked for by name have all the time they want; the others share it.
  const leftSeconds = named.length > 0 ? Number.POSITIVE_INFINITY : LIMIT_SECONDS[size] - performance.now() / 1_000
  const planned = ownSeconds ?? (size === 'quick' ? section.quickSeconds : null) ?? section.seconds
  const seconds = Math.min(leftSeconds, planned)
  if (seconds < 2) {
    missing.push(`${section.name}: no time was left`)
    continue
  }
  const outcome = await runSection(section, { size, seconds, mostSeconds: leftSeconds, folder })
  if (outcome.kind === 'measured') show(outcome.section)
  else if (outcome.kind === 'absent') console.log(`\n${section.name}: left out, this machine lacks what it needs`)
  else missing.push(`${section.name}: ${outcome.why}`)
}

const targets = sections.flatMap((section) => section.targets)
console.log(
  `\nTargets: ${targets.filter(isMet).length} of ${targets.length} met\n${targets.map(showTarget).join('\n')}`,
)
if (missing.length > 0) console.log(`\nNOT MEASURED:\n${missing.join('\n')}`)

const results: Results = { run: { ...run, seconds: Math.round(performance.now() / 1_000) }, sections, missing }
const json = JSON.stringify({ run: results.run, sections: sections.map(forJson) }, null, 2)
const path = `bench/results/${run.commit}${size === 'quick' ? '-quick' : ''}.json`
const last = Bun.file(`bench/results/last-${size}.json`)
const worse = (await last.exists()) ? regressions(await last.json(), results) : []
if (worse.length > 0) console.log(`\nMuch worse than in the last run of this kind:\n${worse.join('\n')}`)
mkdirSync('bench/results', { recursive: true })
await Bun.write(path, `${json}\n`)
console.log(`\nJSON, also in ${path}:\n${options.json === true ? json : '(--json prints it here)'}`)
if (named.length === 0 && missing.length === 0) await Bun.write(last, json)
if (named.length === 0 && size === 'whole') {
  await Bun.write('bench/RESULTS.md', resultsPage(results))
  await Bun.write('bench/results.svg', chartOf(results))
}
process.exit(missing.length === 0 ? 0 : 1)

function show(section: Section): void {
  sections.push(section)
  console.log(`\n## ${section.title}\n\n${showTable(section.columns, section.rows)}`)
}

function forJson(section: Section): unknown {
  const ofSection = section.targets.map((target) => ({ ...target, met: isMet(target) }))
  return { title: section.title, targets: ofSection, data: section.data }
}
