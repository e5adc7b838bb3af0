import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { bindCommand } from '../../src/policy/bind-command.ts'
import { INJECTIONS } from './injections.ts'
import { bind, template } from './templates.ts'
import { TRAVERSALS } from './traversals.ts'

setDefaultTimeout(180_000)

const runs = Bun.env.LYNKR_TEST_FULL === '1' ? 100_000 : 300
const string = { type: 'string' }

describe('binding values', () => {
  const read = {
    argv: ['sed', '-n', '{from},{to}p', '{quiet}', '--', '{file}'],
    parameters: {
      from: { type: 'int', min: 1, max: 100, default: 1 },
      to: { type: 'int', min: 1, max: 100 },
      quiet: { type: 'bool', flag: '-s' },
      file: { type: 'path' },
    },
    workspace: { root: '/srv/work' },
  }

  test.each<[Record<string, unknown>, readonly string[] | string]>([
    [{ to: 5, file: 'a.ts' }, ['sed', '-n', '1,5p', '--', './a.ts']],
    [{ from: 2, to: 5, quiet: true, file: '.' }, ['sed', '-n', '2,5p', '-s', '--', '.']],
    [{ to: 5, file: '/srv/work/-rf' }, ['sed', '-n', '1,5p', '--', './-rf']],
    [{ to: 100, file: 'a' }, ['sed', '-n', '1,100p', '--', './a']],
    [{ to: 101, file: 'a' }, 'to: range'],
    [{ to: 0, file: 'a' }, 'to: range'],
    [{ to: 1.5, file: 'a' }, 'to: type'],
    [{ to: '5', file: 'a' }, 'to: type'],
    [{ to: Number.NaN, file: 'a' }, 'to: type'],
    [{ to: 1e300, file: 'a' }, 'to: type'],
    [{ to: null, file: 'a' }, 'to: type'],
    [{ to: 5 }, 'file: required'],
    [{ to: 5, file: '../x' }, 'file: outside_root'],
    [{ to: 5, file: 'a', quiet: 'yes' }, 'quiet: type'],
    [{ to: 5, file: 'a', other: 1 }, 'other: unknown'],
    [JSON.parse('{"to":5,"file":"a","__proto__":1}'), '__proto__: unknown'],
    [Object.create({ to: 5, file: 'a' }), 'to: required'],
  ])('%j gives %j', (values, expected) => {
    expect(bind(read, values)).toEqual(expected)
  })

  test('a value that would be read as an option is refused before --, and taken as it is after', () => {
    const parameters = { x: string }

    expect(bind({ argv: ['ls', '{x}'], parameters }, { x: '-rf' })).toBe('x: option_like')
    expect(bind({ argv: ['ls', '{x}', '--'], parameters }, { x: '-' })).toBe('x: option_like')
    expect(bind({ argv: ['ls', '--', '{x}'], parameters }, { x: '-rf' })).toEqual(['ls', '--', '-rf'])
    expect(bind({ argv: ['ls', '--x={x}'], parameters }, { x: '-rf' })).toEqual(['ls', '--x=-rf'])
  })

  test('a value for a program that another one starts must not look like an option either, though -- came before', () => {
    const parameters = { x: string }

    expect(bind({ argv: ['npx', '--', 'eslint', '{x}'], parameters }, { x: '--fix' })).toBe('x: option_like')
    expect(bind({ argv: ['npx', '--', 'eslint', '--', '{x}'], parameters }, { x: '-a' })).toContain('-a')
  })

  test.each([
    ['npm', 'test'],
    ['yarn', 'test'],
    ['cargo', 'test'],
    ['dotnet', 'test'],
    ['bazel', 'run', '//a'],
  ])('what %s hands on behind its -- must not look like an option of the program it goes to', (...argv) => {
    const parameters = { x: string }

    expect(bind({ argv: [...argv, '--', '{x}'], parameters }, { x: '--reporter=./mine.js' })).toBe('x: option_like')
    expect(bind({ argv: [...argv, '--', '{x}'], parameters }, { x: 'name' })).toContain('name')
    expect(bind({ argv: [...argv, '--', '--', '{x}'], parameters }, { x: '-name' })).toContain('-name')
  })

  test.each(['find', 'gcc', 'x86_64-linux-gnu-g++-12', 'convert'])(
    'the -- of %s ends nothing, so that no value behind it may look like an option',
    (program) => {
      const parameters = { x: string }

      expect(bind({ argv: [program, '--', '{x}'], parameters }, { x: '-delete' })).toBe('x: option_like')
      expect(bind({ argv: [program, '--', '--', '{x}'], parameters }, { x: '-delete' })).toBe('x: option_like')
    },
  )

  test('an absent optional value takes its whole argument with it', () => {
    const log = {
      argv: ['git', 'log', '--author={a}', '--', '{b}'],
      parameters: { a: { ...string, optional: true }, b: string },
    }

    expect(bind(log, { b: 'x' })).toEqual(['git', 'log', '--', 'x'])
    expect(bind(log, { a: 'me', b: 'x' })).toEqual(['git', 'log', '--author=me', '--', 'x'])
  })

  test('lengths are counted in characters as people see code points, at both ends', () => {
    const echo = { argv: ['echo', '--', '{x}'], parameters: { x: { ...string, min: 2, max: 3 } } }

    expect(bind(echo, { x: 'a' })).toBe('x: length')
    expect(bind(echo, { x: '💣💣💣' })).toEqual(['echo', '--', '💣💣💣'])
    expect(bind(echo, { x: '💣💣💣💣' })).toBe('x: length')
  })

  test.each([
    ['word', 'aZ_9', 'a-b'],
    ['name', 'a.b-c_d', 'a/b'],
    ['ref', 'feature/x~2^', 'a:b'],
    ['ascii', 'a$(b);', 'é'],
    ['text', 'naïve 日本 ½ €', 'a\u200bb'],
    ['text', '~', 'a\tb'],
    ['text', 'x', '\u202ex'],
    ['text', 'x', '\u2028'],
    ['text', 'x', '\ufeff'],
    ['[a-f0-9:]', 'a0:', 'g'],
    ['[]^-]', ']^-', 'a'],
  ])('charset %s takes %j and refuses %j', (charset, good, bad) => {
    const echo = { argv: ['echo', '--', '{x}'], parameters: { x: { ...string, charset } } }

    expect(bind(echo, { x: good })).toEqual(['echo', '--', good])
    expect(bind(echo, { x: bad })).toBe('x: charset')
  })

  test('a look-alike of a choice is not the choice', () => {
    const choose = { argv: ['ls', '{x}'], parameters: { x: { type: 'enum', values: ['full', 'stat'] } } }

    for (const value of [
      'Full',
      'ful',
      'full ',
      'ｆｕｌｌ',
      'fuⅼl',
      'full\u0000',
      'stat\n',
      'constructor',
      0,
      true,
      ['full'],
    ]) {
      expect(bind(choose, { x: value })).toMatch(/^x: (choice|type)$/)
    }
  })
})

const everySlot = template({
  argv: [
    'tool',
    '{flag}',
    '-n{n}',
    '--word={word}',
    'a{mid}b',
    '{first}',
    '--file={file}',
    '--',
    '{last}',
    '{optional}',
  ],
  parameters: {
    flag: { type: 'bool', flag: '--flag' },
    n: { type: 'int', min: -5, max: 5, default: 0 },
    word: { ...string, charset: 'word', default: 'w' },
    mid: { ...string, charset: 'text', default: 'm' },
    first: { ...string, charset: 'ascii', default: 'f' },
    file: { type: 'path', default: '.' },
    last: { ...string, charset: 'text', default: 'l' },
    optional: { ...string, charset: 'text', optional: true },
  },
  workspace: { root: '/srv/work' },
})

const names = everySlot.parameters.map(({ name }) => name)

/** The claim of the whole grammar: program, flags and number of arguments are the template's, whatever the values. */
function expectShape(values: Record<string, unknown>): void {
  const bound = bindCommand(everySlot, values)
  if (!bound.ok) {
    expect(bound.message).not.toContain('\n')
    return
  }
  const flag = values.flag === true ? ['--flag'] : []
  const extra = values.optional === undefined ? 0 : 1
  const { argv } = bound
  expect(argv.length).toBe(8 + flag.length + extra)
  expect(argv.slice(0, 1 + flag.length)).toEqual(['tool', ...flag])
  const rest = argv.slice(1 + flag.length)
  expect(rest[0]).toMatch(/^-n-?\d+$/)
  expect(rest[1]).toMatch(/^--word=[A-Za-z0-9_]*$/)
  expect(rest[2]?.startsWith('a') && rest[2].endsWith('b')).toBe(true)
  expect(rest[3]).not.toStartWith('-')
  expect(rest[4]).toMatch(/^--file=\.(?:\/.+)?$/s)
  expect(rest[5]).toBe('--')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the claim
  for (const argument of argv) expect(argument).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
}

describe('no value changes what runs', () => {
  test('not one of the public injections or traversals, in any slot', () => {
    for (const value of [...INJECTIONS, ...TRAVERSALS]) for (const name of names) expectShape({ [name]: value })
  })

  test('not two of them at once', () => {
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...INJECTIONS)), expectShape), {
      numRuns: runs,
    })
  })

  test('nor any other JSON value', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.integer())
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names, 'other'), value), expectShape), { numRuns: runs })
  })

  test('a denial never repeats the value, and escapes an unknown name', () => {
    const secret = 'top-secret-value\u0007'
    for (const name of names) {
      const bound = bindCommand(everySlot, { [name]: secret })
      if (!bound.ok) expect(JSON.stringify(bound)).not.toContain('top-secret')
    }

    const unknown = bindCommand(everySlot, { 'evil\u001b[31m\n': 1 })

    expect(unknown).toMatchObject({ ok: false, parameter: 'evil?[31m?', rule: 'unknown' })
  })
})
