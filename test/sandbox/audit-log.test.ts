import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProxyError } from '../../src/core/errors.ts'
import type { AuditFacts } from '../../src/sandbox/audit-chain.ts'
import { openAuditFile, verifyAuditFile } from '../../src/sandbox/audit-log.ts'

const clock = { nowMs: () => 0, wallMs: () => Date.UTC(2026, 10, 22) }
const facts: AuditFacts = {
  event: 'started',
  runId: '00ff',
  caller: 'key_1',
  command: 'list',
  argv: ['ls', '--', 'with "quotes", {braces} and ,"hash":"x"}'],
  image: 'sha256:0',
  limits: null,
  reason: null,
  ending: null,
  exitCode: null,
  outputBytes: null,
  durationMs: null,
}

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-audit-'))
  path = join(folder, 'data/audit.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(rows: number): string[] {
  const log = openAuditFile(path, clock)
  for (let i = 0; i < rows; i++) log.append({ ...facts, runId: String(i) })
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

async function problemsAfter(change: (lines: string[]) => string[]): Promise<number[]> {
  writeFileSync(path, `${change(write(6)).join('\n')}\n`)
  return (await verifyAuditFile(path)).problems.map((problem) => problem.line)
}

describe('the audit log', () => {
  test('an untouched log verifies, and names its head', async () => {
    const lines = write(5)

    const verdict = await verifyAuditFile(path)

    expect(verdict).toEqual({ rows: 5, problems: [], head: { sequence: 5, hash: JSON.parse(lines[4] ?? '').hash } })
  })

  test('an absent log is empty, not broken', async () => {
    expect(await verifyAuditFile(path)).toMatchObject({ rows: 0, problems: [] })
  })

  test('it is readable by its owner only', () => {
    write(1)

    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test.each<[string, (lines: string[]) => string[], number[]]>([
    ['a changed row', (lines) => lines.with(2, lines[2]?.replace('key_1', 'key_2') ?? ''), [3]],
    ['a removed row', (lines) => lines.toSpliced(2, 1), [3]],
    ['a removed first row', (lines) => lines.slice(1), [1]],
    ['a repeated row', (lines) => lines.toSpliced(2, 0, lines[1] ?? ''), [3]],
    ['swapped rows', (lines) => lines.with(2, lines[3] ?? '').with(3, lines[2] ?? ''), [3, 4, 5]],
    ['garbage', (lines) => lines.toSpliced(2, 0, 'garbage'), [3]],
    ['an empty line', (lines) => lines.toSpliced(2, 0, ''), [3]],
    ['a member after the hash', (lines) => lines.with(2, lines[2]?.replace(/}$/, ',"x":1}') ?? ''), [3, 4]],
  ])('%s shows', async (_, change, lines) => {
    expect(await problemsAfter(change)).toEqual(lines)
  })

  test('any single changed character shows', async () => {
    const text = write(3).join('\n')
    for (let i = 0; i < text.length; i += 7) {
      if (text[i] === '\n') continue
      writeFileSync(path, `${text.slice(0, i)}${text[i] === '0' ? '1' : '0'}${text.slice(i + 1)}\n`)

      expect((await verifyAuditFile(path)).problems.length).toBeGreaterThan(0)
    }
  })

  test('after a row cut short by a crash the chain goes on from the last whole one, and the cut shows', async () => {
    write(2)
    appendFileSync(path, '{"sequence":3,"at":"20')

    openAuditFile(path, clock).append(facts)

    const verdict = await verifyAuditFile(path)
    expect(verdict.problems.map((problem) => problem.line)).toEqual([3])
    expect(verdict.head.sequence).toBe(3)
  })

  test('a row longer than the first look from the end is found again', async () => {
    const log = openAuditFile(path, clock)
    log.append({ ...facts, argv: Array(100).fill('é'.repeat(4000)) })
    log.append(facts)

    expect((await verifyAuditFile(path)).problems).toEqual([])
  })

  test.each(['\u2028', '\u2029', '\u{1f600}', '"}\\'])('a value with %j is a row like any other', async (character) => {
    const log = openAuditFile(path, clock)
    log.append({ ...facts, argv: ['cat', `./a${character}b`] })
    log.append(facts)

    expect(await verifyAuditFile(path)).toMatchObject({ rows: 2, problems: [], head: { sequence: 2 } })
  })

  test.each([
    ['', []],
    [', on a kernel without openat2 too', ['--preload', join(import.meta.dir, 'without-openat2.ts')]],
  ])('several processes write one chain%s', async (_, options) => {
    const script = join(import.meta.dir, 'audit-writer.ts')
    const writers = [1, 2, 3, 4].map((id) =>
      Bun.spawn([process.execPath, ...options, script, path, String(id)], { stderr: 'inherit' }),
    )
    await Promise.all(writers.map((writer) => writer.exited))

    expect(await verifyAuditFile(path)).toMatchObject({ rows: 100, problems: [] })
  })

  test('a row that the disk has only room for in part refuses the run', async () => {
    const script = join(import.meta.dir, 'audit-until-full.ts')
    // A limit on the size of files cuts a write short as a full disk does; its signal would end the process instead.
    const limited = `trap '' XFSZ; ulimit -f 4; exec "$0" "$1" "$2"`
    const writer = Bun.spawn(['sh', '-c', limited, process.execPath, script, path], { stderr: 'inherit' })

    const taken = await writer.stdout.json()

    const whole = readFileSync(path, 'utf8').split('\n').length - 1
    expect(taken).toEqual({ rows: whole, kind: 'sandbox_unavailable' })
  })

  test('rows of runs wait for the disk, refusals do not make everybody wait for it', () => {
    const waited: string[] = []
    for (const event of ['started', 'finished', 'failed', 'denied'] as const) {
      openAuditFile(path, clock, () => waited.push(event)).append({ ...facts, event })
    }

    expect(waited).toEqual(['started', 'finished', 'failed'])
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(5)
  })

  test('a disk that was full leaves no part of a row: the chain holds, and goes on once there is room', async () => {
    const script = join(import.meta.dir, 'audit-until-full.ts')
    const limited = `trap '' XFSZ; ulimit -f 4; exec "$0" "$1" "$2"`
    const writer = Bun.spawn(['sh', '-c', limited, process.execPath, script, path], { stderr: 'inherit' })
    const { rows } = await writer.stdout.json()

    openAuditFile(path, clock).append(facts)

    expect(await verifyAuditFile(path)).toMatchObject({ rows: rows + 1, problems: [] })
  })

  test('a log that cannot be written refuses the run', () => {
    mkdirSync(path, { recursive: true })

    expect(() => openAuditFile(path, clock).append(facts)).toThrow(ProxyError)
  })
})
