import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkPath } from '../../src/policy/safe-path.ts'
import { TRAVERSALS } from './traversals.ts'

const ROOT = '/srv/work'
const runs = Bun.env.LYNKR_TEST_FULL === '1' ? 100_000 : 300

function outcome(value: unknown): string {
  const verdict = checkPath(value, ROOT)
  return verdict.ok ? `ok ${verdict.relative}` : verdict.rule
}

describe('the lexical path guard', () => {
  test.each([
    ['src/a.ts', 'ok src/a.ts'],
    ['.', 'ok '],
    ['./', 'ok '],
    ['./src/a.ts', 'ok src/a.ts'],
    ['src//a.ts', 'ok src/a.ts'],
    ['src/', 'ok src'],
    ['src/../a', 'ok a'],
    ['..a', 'ok ..a'],
    ['a..', 'ok a..'],
    ['...', 'ok ...'],
    ['.git/config', 'ok .git/config'],
    ['-rf', 'ok -rf'],
    ['~x', 'ok ~x'],
    ['with space', 'ok with space'],
    ['naïve/日本.txt', 'ok naïve/日本.txt'],
    ['%2e%2e/x', 'ok %2e%2e/x'],
    ['/srv/work', 'ok '],
    ['/srv/work/src', 'ok src'],
    ['..', 'outside_root'],
    ['a/../..', 'outside_root'],
    ['/srv/work2', 'outside_root'],
    ['/srv/workx/a', 'outside_root'],
    ['/srv/work/../x', 'outside_root'],
    ['/etc/passwd', 'outside_root'],
    ['', 'empty'],
    [7, 'type'],
    [null, 'type'],
    [['a'], 'type'],
    ['a\u0000b', 'control_character'],
    ['a\nb', 'control_character'],
    ['a\u007f', 'control_character'],
    ['a\u0085', 'control_character'],
    ['a\\b', 'backslash'],
    ['\ud800', 'not_unicode'],
  ])('%j is %s', (value, expected) => {
    expect(outcome(value)).toBe(expected)
  })

  test('a component may have 255 bytes and not one more, in whatever alphabet', () => {
    expect(outcome('a'.repeat(255))).toStartWith('ok')
    expect(outcome('a'.repeat(256))).toBe('too_long')
    expect(outcome('é'.repeat(127))).toStartWith('ok')
    expect(outcome('é'.repeat(128))).toBe('too_long')
  })

  test('a path may have 128 components and 4096 characters and not one more', () => {
    expect(outcome(Array(128).fill('a').join('/'))).toStartWith('ok')
    expect(outcome(Array(129).fill('a').join('/'))).toBe('too_long')
    expect(outcome(`${'a'.repeat(200)}/`.repeat(20).padEnd(4096, 'b'))).toStartWith('ok')
    expect(outcome(`${'a'.repeat(200)}/`.repeat(20).padEnd(4097, 'b'))).toBe('too_long')
  })

  test('no public traversal names anything outside the root', () => {
    for (const value of TRAVERSALS) expectInside(value)
  })

  test('no text whatever names anything outside the root', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '//',
      'a',
      'b/',
      '\\',
      '\0',
      '%2e',
      '~',
      ' ',
      '/srv/work',
      'é',
      '\ud83d',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 20 }),
        (pieces) => {
          expectInside(pieces.join(''))
        },
      ),
      { numRuns: runs },
    )
  })

  test('what was accepted is accepted again, as the same path', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', 'a', 'b', '', '-c', '..a'), { maxLength: 12 }), (components) => {
        const first = checkPath(components.join('/'), ROOT)
        if (!first.ok || first.relative === '') return

        expect(checkPath(first.relative, ROOT)).toEqual(first)
      }),
      { numRuns: runs },
    )
  })
})

/** Independent of the guard's own reasoning: resolves what was accepted the way a file system without links would. */
function expectInside(value: string): void {
  const verdict = checkPath(value, ROOT)
  if (!verdict.ok) return
  const resolved = new URL(`${ROOT}/${verdict.relative.split('/').map(encodeURIComponent).join('/')}`, 'file:///')
    .pathname
  expect(resolved === ROOT || resolved.startsWith(`${ROOT}/`)).toBe(true)
  expect(verdict.relative.split('/')).not.toContain('..')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the claim
  expect(verdict.relative).not.toMatch(/[\x00-\x1f\\]/)
}
