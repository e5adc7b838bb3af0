import { Glob } from 'bun'
import type { Section } from './support/section.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

/** One line of the middleware table. A file in `bench/micro/` exports `rows: readonly MicroRow[]`. */
export interface MicroRow {
  readonly name: string
  /** The figure of the December-2025 report, if it has this row. */
  readonly reportOpsPerSecond?: number
  /** Figure to reach, in ns per operation, if one is set. */
  readonly targetNs?: number
  /** Does the operation this many times. */
  readonly run: (iterations: number) => void | Promise<void>
}

/**
 * Rows of a few nanoseconds are loops that the compiler has inlined: read them as "nothing", not as a speed.
 *
 * Times every row found in `bench/micro/*.ts`: calibrated to `roundMs` a round, rounds of all rows interleaved.
 */
export async function microSection(rounds: number, roundMs: number): Promise<Section> {
  const rows = await discover()
  const counts = new Map<MicroRow, number>()
  for (const row of rows) counts.set(row, await calibrate(row, roundMs))
  const samples = new Map<MicroRow, number[]>(rows.map((row) => [row, []]))
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) samples.get(row)?.push(await nsPerOperation(row, counts.get(row) ?? 1))
  }
  const measured = rows.map((row) => ({ row, ns: spread(samples.get(row) ?? []) }))
  return {
    title: 'Middleware, in process',
    columns: ['operation', 'ns per operation', 'operations/s', 'report', 'ratio'],
    rows: measured.map(({ row, ns }) => cells(row, ns)),
    targets: measured.flatMap(({ row, ns }) =>
      row.targetNs === undefined
        ? []
        : [{ what: row.name, limit: row.targetNs, measured: ns.median, unit: 'ns', bound: 'at most' }],
    ),
    data: measured.map(({ row, ns }) => ({ name: row.name, ns, reportOpsPerSecond: row.reportOpsPerSecond ?? null })),
  }
}

async function discover(): Promise<readonly MicroRow[]> {
  const paths = [...new Glob('*.ts').scanSync(`${import.meta.dir}/micro`)].sort()
  const modules: { rows: readonly MicroRow[] }[] = await Promise.all(paths.map((path) => import(`./micro/${path}`)))
  return modules.flatMap((module) => module.rows)
}

async function calibrate(row: MicroRow, roundMs: number): Promise<number> {
  let iterations = 1
  for (;;) {
    const tookMs = (await nsPerOperation(row, iterations)) * iterations * 1e-6
    if (tookMs >= roundMs / 4) return Math.max(1, Math.round((iterations * roundMs) / tookMs))
    iterations *= 4
  }
}

async function nsPerOperation(row: MicroRow, iterations: number): Promise<number> {
  const startNs = Bun.nanoseconds()
  await row.run(iterations)
  return (Bun.nanoseconds() - startNs) / iterations
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
