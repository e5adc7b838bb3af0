import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisOwner } from '../../src/sandbox/owner.ts'

const OWNER = join(import.meta.dir, '../../src/sandbox/owner.ts')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-owner-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an installation has an id of its own, which its processes and its next start share', () => {
  const data = join(folder, 'data')

  const { installation } = thisOwner(data)()

  expect(installation).toMatch(/^[0-9a-f]{16}$/)
  expect(thisOwner(data)().installation).toBe(installation)
  expect(thisOwner(join(folder, 'other'))().installation).not.toBe(installation)
  expect(readdirSync(join(data, 'sandbox')).sort()).toEqual(['alive', 'installation'])
})

test('a process lives for whoever shares its folder until it is killed, whatever its id is there', async () => {
  const script = `const { thisOwner } = await import(${JSON.stringify(OWNER)})
    console.log(thisOwner(process.argv[1])().process)
    await new Promise(() => setInterval(() => {}, 1e6))`
  const other = Bun.spawn([process.execPath, '-e', script, folder], { stdout: 'pipe', stderr: 'inherit' })
  const label = new TextDecoder().decode((await other.stdout.getReader().read()).value).trim()
  const owner = thisOwner(folder)()

  const whileItRuns = owner.isAlive(label)
  other.kill('SIGKILL')
  await other.exited

  expect(label).toMatch(/^[0-9a-f]{16}$/)
  expect([whileItRuns, owner.isAlive(label), owner.isAlive(owner.process)]).toEqual([true, false, true])
  expect(owner.isAlive('../installation')).toBe(false)
  thisOwner(folder)()
  expect(readdirSync(join(folder, 'sandbox', 'alive'))).not.toContain(label)
})

test('nothing is made in the data folder before there is something to run', () => {
  thisOwner(join(folder, 'data'))

  expect(readdirSync(folder)).toEqual([])
})

test('a data folder that cannot be written is no reason to run without an id', () => {
  writeFileSync(join(folder, 'data'), '')

  expect(thisOwner(join(folder, 'data'))).toThrow('the data folder cannot be written')
})

test.each([
  ['is not there', ''],
  ['is half of one', '0123'],
])('an id that %s once the power has come back is made anew', (_, left) => {
  const { installation } = thisOwner(folder)()
  writeFileSync(join(folder, 'sandbox', 'installation'), left)

  const { installation: next } = thisOwner(folder)()

  expect(next).toMatch(/^[0-9a-f]{16}$/)
  expect(next).not.toBe(installation)
  expect(thisOwner(folder)().installation).toBe(next)
  expect(readdirSync(join(folder, 'sandbox')).sort()).toEqual(['alive', 'installation'])
})
