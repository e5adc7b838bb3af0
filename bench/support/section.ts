/** What one part of the benchmark hands back: text for people, `data` for the JSON, targets for the verdict. */
export interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly targets: readonly Target[]
  readonly data: unknown
}

export interface Target {
  readonly what: string
  readonly limit: number
  readonly measured: number
  readonly unit: string
  /** Whether the figure should stay at or under the limit, strictly under it, or reach it. */
  readonly bound: 'at most' | 'under' | 'at least'
}

export function isMet(target: Target): boolean {
  switch (target.bound) {
    case 'under':
      return target.measured < target.limit
    case 'at most':
      return target.measured <= target.limit
    case 'at least':
      return target.measured >= target.limit
  }
}

/** How far on the good or the bad side of its limit a figure is; `null` where a limit or a figure is no positive number. */
function factorOf(target: Target): number | null {
  const factor =
    isMet(target) === (target.bound === 'at least') ? target.measured / target.limit : target.limit / target.measured
  return Number.isFinite(factor) && factor > 0 ? factor : null
}

export function showTarget(target: Target): string {
  const figure = Number(target.measured.toPrecision(3))
  const factor = factorOf(target)
  const by = factor === null ? '' : `×${factor.toFixed(factor < 10 ? 1 : 0)}`
  const verdict = `${isMet(target) ? 'met' : 'MISSED'} ${by}`.padEnd(13)
  return `${verdict} ${target.what}: ${figure} ${target.unit} (${target.bound} ${Number(target.limit.toPrecision(3))})`
}

/** A table in Markdown, columns padded so that it also reads well in a terminal. */
export function showTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(columns), rule, ...rows.map(line)].join('\n')
}
