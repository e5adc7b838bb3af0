import type { Results } from './results-page.ts'

const WIDTH = 760
const LABEL = 300
const ROW = 18
const SHOWN_MAX = 8

/** Bars of what lynkr's targets against the bare proxy measured, the limit as a line in each. */
export function chartOf({ sections }: Results): string {
  const bars = sections.flatMap(({ targets }) => targets).filter(({ unit }) => unit === '× bare proxy')
  const height = bars.length * ROW + 30
  const x = (ratio: number): number => LABEL + (Math.min(ratio, SHOWN_MAX) / SHOWN_MAX) * (WIDTH - LABEL - 50)
  const rows = bars.map(({ what, measured, limit }, i) => {
    const y = 24 + i * ROW
    const color = measured <= limit ? '#2e7d32' : '#c62828'
    return `<text x="${LABEL - 8}" y="${y + 11}" text-anchor="end">${what.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>
<rect x="${LABEL}" y="${y}" width="${(x(measured) - LABEL).toFixed(1)}" height="${ROW - 5}" fill="${color}"/>
<line x1="${x(limit).toFixed(1)}" x2="${x(limit).toFixed(1)}" y1="${y - 1}" y2="${y + ROW - 4}" stroke="#000"/>
<text x="${(x(measured) + 5).toFixed(1)}" y="${y + 11}">${measured.toFixed(2)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<title>lynkr against the bare proxy</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LABEL}" y="14">times the bare proxy; the line is the limit</text>
${rows.join('\n')}
</svg>
`
}
