export const OUTPUT_FORMATS = ['table', 'csv', 'json'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/**
 * Rows for people or for programs. Columns of a table are as wide as their widest cell, what has several lines is
 * written in one; numbers stand to the right.
 */
export function formatRows(
  format: OutputFormat,
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  switch (format) {
    case 'json': {
      const objects = rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i]])))
      return JSON.stringify(objects, null, 2)
    }
    case 'csv':
      return [heads, ...rows].map((row) => row.map(csvCell).join(',')).join('\n')
    case 'table':
      return alignedTable(
        heads,
        rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : cell.replace(/\s+/g, ' ')))),
      )
  }
}

function alignedTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => String(row[i]).length)))
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(heads), ...rows.map(line)].join('\n')
}

/**
 * RFC 4180; and a cell that a spreadsheet would run as a formula is made text (OWASP, CSV injection): names of models
 * come from clients.
 */
function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
