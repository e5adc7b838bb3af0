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
  /** Whether the figure should stay at or under the limit, or strictly under it. */
  readonly bound: 'at most' | 'under'
}

export function isMet(target: Target): boolean {
  return target.bound === 'under' ? target.measured < target.limit : target.measured <= target.limit
}

export function showTarget(target: Target): string {
  const figure = Number(target.measured.toPrecision(3))
  const verdict = isMet(target) ? 'met   ' : 'MISSED'
  return `${verdict}  ${target.what}: ${figure} ${target.unit} (${target.bound} ${target.limit})`
}

/** A table in Markdown, columns padded so that it also reads well in a terminal. */
export function showTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(columns), rule, ...rows.map(line)].join('\n')
}
