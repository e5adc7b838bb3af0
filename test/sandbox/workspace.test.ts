import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPathGuard } from '../../src/sandbox/path-guard.ts'
import { checkWorkspace } from '../../src/sandbox/workspace.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lynkr-workspace-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const disk = join(folder, 'disk')
const work = join(disk, 'work')
for (const name of ['home', 'data', 'engine', 'work']) mkdirSync(join(disk, name), { recursive: true })

/** A link of this name to a folder of the disk. */
function linkTo(name: string): string {
  const link = join(folder, name)
  symlinkSync(join(disk, name), link)
  return link
}

describe('a workspace that is protected under another name', () => {
  const protectedPaths = {
    homeFolder: linkTo('home'),
    dataFolder: linkTo('data'),
    engineSockets: [linkTo('engine'), join(folder, 'not-there')],
  }

  test.each([
    ['the home folder', 'home'],
    ['the data folder', 'data'],
    ['the folder of an engine socket', 'engine'],
    ['a folder above them', ''],
  ])('is refused as %s', (_, name) => {
    const check = () => checkWorkspace(join(disk, name), [], createPathGuard(), protectedPaths)

    expect(check).toThrow('the workspace must not')
  })

  test('is taken where it is none of them', () => {
    expect(checkWorkspace(work, [], createPathGuard(), protectedPaths)).toEqual({ ok: true, root: work })
  })
})
