import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Reports from a disk that cannot be written, mounted in a namespace that needs no rights. */
const root = mkdtempSync(join(tmpdir(), 'lynkr-read-only-'))
afterAll(() => rmSync(root, { recursive: true }))

const MAIN = join(import.meta.dir, '../../../src/main.ts')
const data = join(root, 'data')

beforeAll(async () => {
  expect(await lynkr(data, ['keys', 'create', 'laptop'])).toMatchObject({ code: 0 })
})

const REPORTS: readonly (readonly [args: string, says: string])[] = [
  ['keys list', 'laptop'],
  ['keys show laptop', '"name": "laptop"'],
  ['usage', 'requests'],
  ['budgets', 'scope'],
  ['ledger balances', 'account'],
  ['ledger verify', '0 balances checked'],
]

describe('on a disk that is mounted read-only', () => {
  test.each(REPORTS)('`lynkr %s` says what is there', async (args, says) => {
    const { code, stdout } = await lynkr(data, args.split(' '), 'mount -o remount,ro tmpfs "$1"')

    expect(stdout).toContain(says)
    expect(code).toBe(0)
  })

  test('a key is not made, and one line says why', async () => {
    const { code, stderr } = await lynkr(data, ['keys', 'create', 'other'], 'mount -o remount,ro tmpfs "$1"')

    expect(stderr).toMatch(/^lynkr: .*lynkr\.db cannot be (written|opened); check .*\n$/)
    expect(code).toBe(1)
  })

  test('a log beside the database that cannot be read there is named, and never left out', async () => {
    const killed = join(root, 'killed')
    mkdirSync(killed)
    copyFileSync(join(data, 'lynkr.db'), join(killed, 'lynkr.db'))
    await Bun.write(join(killed, 'lynkr.db-wal'), new Uint8Array(8_192))

    const { code, stderr } = await lynkr(killed, ['keys', 'list'], 'mount -o remount,ro tmpfs "$1"')

    expect(stderr).toMatch(
      /^lynkr: .*lynkr\.db-wal holds changes that cannot be read on this disk; .*LYNKR_DATA_DIR\n$/,
    )
    expect(code).toBe(1)
  })
})

test('reports are made on a disk that is full', async () => {
  const fill = 'head -c 64m /dev/zero > "$1/ballast" 2> /dev/null; true'

  const { code, stdout } = await lynkr(data, ['keys', 'list'], fill)

  expect(stdout).toContain('laptop')
  expect(code).toBe(0)
})

test('a report where lynkr was never started makes no folder and no file', async () => {
  const { code, stderr } = await lynkr(join(root, 'new'), ['usage'])

  expect(stderr).toContain('nothing was used')
  expect(code).toBe(0)
  expect(existsSync(join(root, 'new'))).toBe(false)
  expect(readdirSync(root)).not.toContain('new')
})

/** @param mount what becomes of a disk that holds what is in the folder, under the folder's own name */
async function lynkr(folder: string, args: readonly string[], mount: string | null = null) {
  const onDisk = `mkdir "$1.disk"; cp "$1"/* "$1.disk"; mount -t tmpfs -o size=8m tmpfs "$1"; cp "$1.disk"/* "$1"; rm -r "$1.disk"; ${mount}; shift; exec "$@"`
  const within = mount === null ? [] : ['unshare', '-Urm', 'sh', '-c', onDisk, 'sh', folder]
  const run = Bun.spawn([...within, process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: root, LYNKR_DATA_DIR: folder },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()])
  return { code: await run.exited, stdout, stderr }
}
