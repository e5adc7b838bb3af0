import { type Json, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'
import { readAuditLines, verifyAuditFile } from '../../sandbox/audit-log.ts'

export interface AuditOptions {
  /** The log; see `auditPathOf`. */
  readonly path: string
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

export interface AuditVerifyOptions extends AuditOptions {
  /** Hash of the last row as noted earlier elsewhere: it must still be in the log. */
  readonly expectedHash?: string
  readonly isJson?: boolean
}

/** `lynkr audit verify`: checks the whole chain. @returns 0 if it holds, 1 if not */
export async function auditVerify(options: AuditVerifyOptions): Promise<number> {
  const { rows, head, problems } = await verifyAuditFile(options.path)
  const isCut = options.expectedHash !== undefined && !(await holds(options.path, options.expectedHash))
  if (options.isJson === true) {
    const ok = problems.length === 0 && !isCut
    options.writeOut(`${JSON.stringify({ ok, rows, head, problems, isCut }, null, 2)}\n`)
    return ok ? 0 : 1
  }
  for (const { line, message } of problems) options.writeError(`${options.path}:${line}: the row ${message}\n`)
  if (isCut) options.writeError(`${options.path}: no row has the expected hash: rows were cut off\n`)
  if (problems.length > 0 || isCut) return 1
  options.writeOut(`${rows} rows, the chain holds; head ${head.sequence} ${head.hash}\n`)
  return 0
}

async function holds(path: string, hash: string): Promise<boolean> {
  for await (const line of readAuditLines(path)) if (line.endsWith(`,"hash":"${hash}"}`)) return true
  return false
}

export interface AuditExportOptions extends AuditOptions {
  readonly format: 'jsonl' | 'csv'
}

const COLUMNS = [
  'sequence',
  'at',
  'event',
  'runId',
  'caller',
  'command',
  'argv',
  'image',
  'limits',
  'reason',
  'ending',
  'exitCode',
  'outputBytes',
  'durationMs',
  'previous',
  'hash',
] as const

/** `lynkr audit export`: prints all rows, oldest first. @returns 0, or 1 if a row could not be read */
export async function auditExport(options: AuditExportOptions): Promise<number> {
  let exitCode = 0
  if (options.format === 'csv') options.writeOut(`${COLUMNS.join(',')}\r\n`)
  for await (const line of readAuditLines(options.path)) {
    const row = tryObject(tryJson(line))
    if (row === null) {
      options.writeError(`${options.path}: left out a row that cannot be read; see lynkr audit verify\n`)
      exitCode = 1
    } else options.writeOut(options.format === 'csv' ? `${csvRow(row)}\r\n` : `${line}\n`)
  }
  return exitCode
}

/** RFC 4180; a leading `=`, `+`, `-` or `@` is prefixed with a quote, so that no spreadsheet takes it for a formula. */
function csvRow(row: Json): string {
  return COLUMNS.map((column) => {
    const value = row[column] ?? ''
    const text = typeof value === 'string' ? value.replace(/^[=+\-@]/, "'$&") : JSON.stringify(value)
    return `"${text.replaceAll('"', '""')}"`
  }).join(',')
}
