import { Glob } from 'bun'
import type { Plan } from './plan.ts'
import type { Section, Target } from './support/section.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

/** Each row of the report is to be beaten by so much, where the work is the same. */
const REPORT_FACTOR = 5

/** What is faster was optimised away. */
const MIN_NS = 0.1

/** One line of the middleware table. A file in `bench/micro/` exports `rows: readonly MicroRow[]`. */
export interface MicroRow {
  readonly name: string
  /** The figure of the December-2025 report, if it has this row. */
  readonly reportOpsPerSecond?: number
  /** The report's row does something else, or so much less that the two cannot be compared: shown, and no target. */
  readonly isOtherWork?: true
  /** Figure to reach, in ns per operation, if one is set. */
  readonly targetNs?: number
  /** Figure to reach against another row, round by round of the same run. */
  readonly atMost?: { readonly times: number; readonly of: string }
  /** Does the operation this many times. */
  readonly run: (iterations: number) => void | Promise<void>
}

/**
 * Rows of a few nanoseconds are loops that the compiler has inlined: read them as "nothing", not as a speed.
 *
 * Times every row found in `bench/micro/*.ts`: calibrated to `roundMs` a round, rounds of all rows interleaved.
 */
export async function microSection({ rounds, microMs: roundMs, deadline }: Plan): Promise<Section> {
  const rows = await discover()
  const counts = new Map<MicroRow, number>()
  for (const row of rows) counts.set(row, await calibrate(row, roundMs))
  const samples = new Map<MicroRow, number[]>(rows.map((row) => [row, []]))
  for (let round = 0; round === 0 || (round < rounds && !deadline.isOver()); round++) {
    for (const row of rows) samples.get(row)?.push(await nsPerOperation(row, counts.get(row) ?? 1))
  }
  const measured = rows.map((row) => ({ row, ns: spread(samples.get(row) ?? []) }))
  const byName = new Map(rows.map((row) => [row.name, samples.get(row) ?? []]))
  return {
    title: 'Middleware, in process',
    columns: ['operation', 'ns per operation', 'operations/s', 'report', 'ratio'],
    rows: measured.map(({ row, ns }) => cells(row, ns)),
    targets: measured.flatMap(({ row, ns }) => [...targetsOf(row, ns), ...ratioTargets(row, byName)]),
    data: measured.map(({ row, ns }) => ({ name: row.name, ns, reportOpsPerSecond: row.reportOpsPerSecond ?? null })),
  }
}

function targetsOf({ name, targetNs, reportOpsPerSecond, isOtherWork }: MicroRow, ns: Spread): Target[] {
  const ratio = 1e9 / ns.median / (reportOpsPerSecond ?? Number.NaN)
  return [
    ...(targetNs === undefined
      ? []
      : [{ what: name, limit: targetNs, measured: ns.median, unit: 'ns', bound: 'at most' } as const]),
    ...(reportOpsPerSecond === undefined || isOtherWork === true
      ? []
      : [
          {
            what: `${name}, against the report`,
            limit: REPORT_FACTOR,
            measured: ratio,
            unit: '×',
            bound: 'at least',
          } as const,
        ]),
  ]
}

/** Against what is measured right beside it: a figure of its own would be that of another moment of the machine. */
function ratioTargets({ name, atMost }: MicroRow, byName: ReadonlyMap<string, readonly number[]>): Target[] {
  if (atMost === undefined) return []
  const others = byName.get(atMost.of) ?? []
  const ratio = spread((byName.get(name) ?? []).map((ns, round) => ns / (others[round] ?? Number.NaN)))
  return [{ what: name, limit: atMost.times, measured: ratio.median, unit: `× ${atMost.of}`, bound: 'at most' }]
}

async function discover(): Promise<readonly MicroRow[]> {
  const paths = [...new Glob('*.ts').scanSync(`${import.meta.dir}/micro`)].sort()
  const modules: { rows: readonly MicroRow[] }[] = await Promise.all(paths.map((path) => import(`./micro/${path}`)))
  return modules.flatMap((module) => module.rows)
}

/** How often a round does the operation, found once it has run for long enough to be compiled. */
async function calibrate(row: MicroRow, roundMs: number): Promise<number> {
  let iterations = 1
  for (let spentMs = 0; spentMs < roundMs * 2; iterations *= 2) {
    spentMs += (await nsPerOperation(row, iterations)) * iterations * 1e-6
  }
  const ns = await nsPerOperation(row, Math.max(1, Math.floor(iterations / 4)))
  return Math.max(1, Math.round((roundMs * 1e6) / Math.max(ns, MIN_NS)))
}

/** Processor time, to which other work on the machine adds little; the compiler's and the collector's threads included. */
async function nsPerOperation(row: MicroRow, iterations: number): Promise<number> {
  const before = process.cpuUsage()
  await row.run(iterations)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / iterations
}

function cells(row: MicroRow, ns: Spread): readonly string[] {
  const ours = 1e9 / ns.median
  const report = row.reportOpsPerSecond
  return [
    row.name,
    showSpread(ns, ns.median < 100 ? 1 : 0),
    showOps(ours),
    report === undefined ? '–' : showOps(report),
    report === undefined ? '–' : `${Number((ours / report).toPrecision(2))}×`,
  ]
}

function showOps(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(1)} M` : `${(perSecond / 1e3).toFixed(0)} k`
}
