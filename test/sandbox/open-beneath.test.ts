import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPath } from '../../src/policy/safe-path.ts'
import { tryOpenLibc } from '../../src/sandbox/libc.ts'
import { type Access, listOpened, openRoot, type PathGuard, pathGuard } from '../../src/sandbox/open-beneath.ts'
import { openat2Opener, verifyingOpener } from '../../src/sandbox/opener.ts'
import { TRAVERSALS } from '../policy/traversals.ts'

const SECRET = 'outside the workspace'
const races = Bun.env.LYNKR_TEST_FULL === '1' ? 100_000 : 2_000

let folder = ''
let root = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-guard-'))
  root = join(folder, 'work')
  mkdirSync(join(root, 'a/b'), { recursive: true })
  mkdirSync(join(folder, 'work2'))
  mkdirSync(join(folder, 'outside'))
  for (const place of ['work2/secret', 'outside/secret', 'secret']) writeFileSync(join(folder, place), SECRET)
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
  function outcome(relative: string, access: Access): string {
    using opened = openRoot(root)
    const result = guard.open(opened, relative, access)
    if (!result.ok) return result.rule
    try {
      if (access === 'read') return readFileSync(result.fd, 'utf8')
      return access === 'list' ? listOpened(result, opened, relative).join(' ') : 'ok'
    } finally {
      closeSync(result.fd)
    }
  }

  test.each([
    ['file', 'read', 'inside file'],
    ['a/b/file', 'read', 'inside a/b/file'],
    ['..a', 'read', 'inside ..a'],
    ['a..', 'read', 'inside a..'],
    [' spaced ', 'read', 'inside  spaced '],
    ['~x', 'read', 'inside ~x'],
    ['-rf', 'read', 'inside -rf'],
    ['naïve', 'read', 'inside naïve'],
    ['a/b', 'list', 'file'],
    ['', 'stat', 'ok'],
    ['absent', 'read', 'missing'],
    ['a/absent/file', 'read', 'missing'],
    ['file/x', 'read', 'kind'],
    ['a', 'read', 'kind'],
    ['a', 'write', 'kind'],
    ['file', 'list', 'kind'],
    ['link', 'read', 'symbolic_link'],
    ['link', 'stat', 'symbolic_link'],
    ['link-inside', 'read', 'symbolic_link'],
    ['folder-link/secret', 'read', 'symbolic_link'],
    ['folder-link', 'list', 'symbolic_link'],
    ['magic', 'read', 'symbolic_link'],
    ['hard', 'read', 'hard_link'],
    ['hard', 'write', 'hard_link'],
    ['pipe', 'read', 'special_file'],
    ['pipe', 'write', 'special_file'],
    ['a'.repeat(255), 'read', 'missing'],
  ] as const)('%s to %s: %s', (relative, access, expected) => {
    expect(outcome(relative, access)).toBe(expected)
  })

  test('nothing is created through a link to a folder', () => {
    expect(outcome('folder-link/new', 'write')).toBeOneOf(['symbolic_link', 'kind'])
    expect(existsSync(join(folder, 'outside/new'))).toBe(false)
  })

  test('a loop of links is refused', () => {
    expect(['symbolic_link', 'not_permitted']).toContain(outcome('loop', 'read'))
  })

  test.each(['read', 'write', 'list', 'stat'] as const)(
    'no public traversal reaches anything outside to %s',
    (access) => {
      for (const value of TRAVERSALS) {
        const lexical = checkPath(value, root)
        if (lexical.ok && lexical.relative !== '') expect(outcome(lexical.relative, access)).not.toContain(SECRET)
      }

      expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(SECRET)
      expect(readdirSync(join(folder, 'outside'))).toEqual(['secret'])
    },
  )

  test('even a path that never met the lexical guard does not leave the root', () => {
    for (const relative of ['../secret', 'a/../../secret', '../work2/secret', '/etc/passwd', '..']) {
      expect(outcome(relative, 'read')).not.toBe(SECRET)
      expect(outcome(relative, 'stat')).not.toBe('ok')
    }
  })

  test('writing creates a file, or empties the one that was checked', () => {
    using opened = openRoot(root)
    for (const text of ['a longer text', 'short']) {
      const file = guard.open(opened, 'a/written', 'write')
      if (!file.ok) throw new Error(file.rule)
      writeSync(file.fd, text)
      closeSync(file.fd)
    }

    expect(readFileSync(join(root, 'a/written'), 'utf8')).toBe('short')
  })

  test('removing takes the name in the workspace, never what a link leads to', () => {
    symlinkSync('../secret', join(root, 'doomed-link'))
    writeFileSync(join(root, 'a/doomed'), '')
    using opened = openRoot(root)

    expect(guard.remove(opened, 'a/doomed')).toBeNull()
    expect(guard.remove(opened, 'doomed-link')).toBeNull()
    expect(guard.remove(opened, 'folder-link/secret')?.rule).toBeOneOf(['symbolic_link', 'kind'])
    expect(guard.remove(opened, 'a')?.rule).toBe('not_permitted')
    expect(existsSync(join(root, 'a/doomed'))).toBe(false)
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(SECRET)
    expect(existsSync(join(folder, 'outside/secret'))).toBe(true)
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
      using opened = openRoot(root)
      for (let i = 0; i < races; i++) {
        const file = guard.open(opened, 'race/secret', i % 2 === 0 ? 'read' : 'stat')
        const what = file.ok ? (i % 2 === 0 ? readFileSync(file.fd, 'utf8') : 'inside') : file.rule
        if (file.ok) closeSync(file.fd)
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
    const rules = ['inside', 'symbolic_link', 'missing', 'changed', 'kind']
    expect([...seen.keys()].filter((what) => !rules.includes(what))).toEqual([])
  })

  test('no descriptor stays open, whatever the answer was', () => {
    for (const relative of ['file', 'link', 'hard', 'pipe', 'a', 'absent', 'folder-link/secret']) {
      for (const access of ['read', 'stat', 'list'] as const) outcome(relative, access)
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
