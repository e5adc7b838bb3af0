import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditExport, auditVerify } from '../../../src/cli/commands/audit.ts'
import { openAuditFile } from '../../../src/sandbox/audit-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-audit-cli-'))
const path = join(folder, 'audit.jsonl')
const clock = { nowMs: () => 0, wallMs: () => 0 }

beforeAll(() => {
  const log = openAuditFile(path, clock)
  for (const argv of [
    ['ls', '-l'],
    ['grep', '--', 'a "b", c'],
  ]) {
    log.append({
      event: 'finished',
      runId: 'r',
      caller: '=cmd()',
      command: 'list',
      argv,
      image: null,
      limits: null,
      reason: null,
      ending: 'exited',
      exitCode: 0,
      outputBytes: 1,
      durationMs: 2,
    })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function console(): { out: string[]; error: string[]; writeOut(text: string): void; writeError(text: string): void } {
  const out: string[] = []
  const error: string[] = []
  return { out, error, writeOut: (text) => void out.push(text), writeError: (text) => void error.push(text) }
}

describe('lynkr audit', () => {
  test('verify tells the head of a chain that holds', async () => {
    const it = console()
    const { hash } = JSON.parse(readFileSync(path, 'utf8').trimEnd().split('\n')[1] ?? '')

    expect(await auditVerify({ path, ...it, expectedHash: hash })).toBe(0)
    expect(it.out.join('')).toBe(`2 rows, the chain holds; head 2 ${hash}\n`)
  })

  test('verify notices rows that were cut off the end, if it is told the head', async () => {
    const cut = join(folder, 'cut.jsonl')
    const [first = '', second = ''] = readFileSync(path, 'utf8').split('\n')
    writeFileSync(cut, `${first}\n`)

    expect(await auditVerify({ path: cut, ...console() })).toBe(0)
    expect(await auditVerify({ path: cut, ...console(), expectedHash: JSON.parse(second).hash })).toBe(1)
  })

  test('verify names the line of a changed row', async () => {
    const changed = join(folder, 'changed.jsonl')
    writeFileSync(changed, readFileSync(path, 'utf8').replace('"ls"', '"rm"'))
    const it = console()

    expect(await auditVerify({ path: changed, ...it })).toBe(1)
    expect(it.error.join('')).toContain(`${changed}:1: the row was changed`)
  })

  test('export gives the rows as they are, or as CSV that no spreadsheet executes', async () => {
    const json = console()
    const csv = console()

    expect(await auditExport({ path, ...json, format: 'jsonl' })).toBe(0)
    expect(await auditExport({ path, ...csv, format: 'csv' })).toBe(0)

    expect(json.out.join('')).toBe(readFileSync(path, 'utf8'))
    expect(csv.out[2]).toContain(`"'=cmd()","list","[""grep"",""--"",""a \\""b\\"", c""]"`)
  })

  test('export leaves out what is no row, and says so', async () => {
    const torn = join(folder, 'torn.jsonl')
    writeFileSync(torn, readFileSync(path))
    appendFileSync(torn, '{"sequ')
    const it = console()

    expect(await auditExport({ path: torn, ...it, format: 'jsonl' })).toBe(1)
    expect(it.out.length).toBe(2)
  })
})
