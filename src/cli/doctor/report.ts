import type { Style } from '../style.ts'
import type { Finding } from './finding.ts'

const SIGNS = {
  ok: { word: 'ok', look: 'green' },
  warning: { word: 'warning', look: 'yellow' },
  problem: { word: 'problem', look: 'red' },
} as const

const STATUS_CHARS = 9
const CHECK_CHARS = 15

/** A row for each finding, its fix below it, and the sum. Short lines, so that a small terminal shows them whole. */
export function doctorReport(findings: readonly Finding[], style: Style): string {
  return `${findings.flatMap((finding) => rows(finding, style)).join('\n')}\n\n${sum(findings)}\n`
}

function rows({ check, status, finding, fix }: Finding, style: Style): string[] {
  const { word, look } = SIGNS[status]
  const row = `${style(look, word.padEnd(STATUS_CHARS))}${check.padEnd(CHECK_CHARS)}${finding}`
  return fix === null ? [row] : [row, `${' '.repeat(STATUS_CHARS + CHECK_CHARS)}${style('bold', `→ ${fix}`)}`]
}

function sum(findings: readonly Finding[]): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length
  const [problems, warnings] = [count('problem'), count('warning')]
  if (problems + warnings === 0) return 'Everything is well.'
  return `${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`
}
