import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPath } from '../../src/policy/safe-path.ts'
import { tryOpenLibc } from '../../src/sandbox/libc.ts'
import { openat2Opener, verifyingOpener } from '../../src/sandbox/opener.ts'
import { openRoot, type PathGuard, pathGuard } from '../../src/sandbox/path-guard.ts'
import { TRAVERSALS } from '../policy/traversals.ts'

const SECRET = 'outside the workspace'
const races = Bun.env.LYNKR_TEST_FULL === '1' ? 100_000 : 2_000

let folder = ''
let root = ''
/** Inodes of what no path of the workspace may reach. */
const secrets = new Set<number>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-guard-'))
  root = join(folder, 'work')
  mkdirSync(join(root, 'a/b'), { recursive: true })
  mkdirSync(join(folder, 'work2'))
  mkdirSync(join(folder, 'outside'))
  for (const place of ['work2/secret', 'outside/secret', 'secret']) {
    writeFileSync(join(folder, place), SECRET)
    secrets.add(statSync(join(folder, place)).ino)
  }
  for (const place of ['file', 'a/file', 'a/b/file', '..a', 'a..', ' spaced ', '~x', '-rf', 'naïve']) {
    writeFileSync(join(root, place), `inside ${place}`)
  }
  symlinkSync('../secret', join(root, 'link'))
  symlinkSync('file', join(root, 'link-inside'))
  symlinkSync('../outside', join(root, 'folder-link'))
  symlinkSync('/proc/self/root/etc/passwd', join(root, 'magic'))
  symlinkSync('loop', join(root, 'loop'))
  linkSync(join(folder, 'secret'), join(root, 'hard'))
  Bun.spawnSync(['mkfifo', join(root, 'pipe')])
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const libc = tryOpenLibc()
const guards: [string, PathGuard][] = [['open, then verify', pathGuard(verifyingOpener)]]
if (libc !== null) guards.push(['openat2', pathGuard(openat2Opener(libc))])

test('on Linux with glibc the kernel itself guards paths', () => {
  expect(libc !== null).toBe(process.platform === 'linux')
})

describe.each(guards)('the path guard by %s', (_, guard) => {
  function outcome(relative: string): string {
    using opened = openRoot(root)
    const found = guard.stat(opened, relative)
    if (!found.ok) return found.rule
    if (secrets.has(found.stats.ino)) return SECRET
    return found.stats.isDirectory() ? 'folder' : 'file'
  }

  test.each([
    ['file', 'file'],
    ['a/b/file', 'file'],
    ['..a', 'file'],
    ['a..', 'file'],
    [' spaced ', 'file'],
    ['~x', 'file'],
    ['-rf', 'file'],
    ['naïve', 'file'],
    ['a/b', 'folder'],
    ['', 'folder'],
    ['absent', 'missing'],
    ['a/absent/file', 'missing'],
    ['file/x', 'kind'],
    ['link', 'symbolic_link'],
    ['link-inside', 'symbolic_link'],
    ['folder-link', 'symbolic_link'],
    ['folder-link/secret', 'symbolic_link'],
    ['magic', 'symbolic_link'],
    ['hard', 'hard_link'],
    ['pipe', 'special_file'],
    ['a'.repeat(255), 'missing'],
  ])('%s: %s', (relative, expected) => {
    expect(outcome(relative)).toBe(expected)
  })

  test('a loop of links is refused', () => {
    expect(['symbolic_link', 'not_permitted']).toContain(outcome('loop'))
  })

  test('no public traversal reaches anything outside', () => {
    for (const value of TRAVERSALS) {
      const lexical = checkPath(value, root)
      if (lexical.ok && lexical.relative !== '') expect(outcome(lexical.relative)).not.toBe(SECRET)
    }
  })

  test('even a path that never met the lexical guard does not leave the root', () => {
    for (const relative of ['../secret', 'a/../../secret', '../work2/secret', '/etc/passwd', '..']) {
      expect(outcome(relative)).not.toBeOneOf([SECRET, 'file', 'folder'])
    }
  })

  test('a folder that another process keeps swapping with a link never leads outside', async () => {
    mkdirSync(join(root, 'race'))
    writeFileSync(join(root, 'race/secret'), 'inside')
    symlinkSync('../outside', join(root, 'trap'))
    const racer = Bun.spawn([process.execPath, join(import.meta.dir, 'racer.ts'), root], {
      stdout: 'pipe',
      stderr: 'inherit',
    })
    const ready = racer.stdout.getReader()
    await ready.read()
    const seen = new Map<string, number>()
    try {
      for (let i = 0; i < races; i++) {
        const what = outcome('race/secret')
        seen.set(what, (seen.get(what) ?? 0) + 1)
      }
    } finally {
      racer.kill('SIGKILL')
      await racer.exited
      rmSync(join(root, 'race'), { recursive: true, force: true })
      rmSync(join(root, 'trap'), { recursive: true, force: true })
      rmSync(join(root, 'aside'), { recursive: true, force: true })
    }

    expect(seen.get(SECRET)).toBeUndefined()
    const rules = ['file', 'symbolic_link', 'missing', 'changed', 'kind']
    expect([...seen.keys()].filter((what) => !rules.includes(what))).toEqual([])
  })

  test('no descriptor stays open, whatever the answer was', () => {
    for (const relative of ['file', 'link', 'hard', 'pipe', 'a', 'absent', 'folder-link/secret']) {
      outcome(relative)
    }

    expect(openedBelow(folder)).toEqual([])
  })
})

/** Files below a folder that this process has open; other descriptors come and go by themselves. */
function openedBelow(folder: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const path = readLinkOf(`/proc/self/fd/${fd}`)
    return path.startsWith(folder) ? [path] : []
  })
}

function readLinkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    // The descriptor that listed them is closed by now.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return ''
    throw thrown
  }
}
