import { describe, expect, test } from 'bun:test'
import type { Command } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { createProgram } from '../../src/cli/program.ts'
import { allPages, blocksOf, commandsOf } from './blocks.ts'

const pages = await allPages()
const blocks = pages
  .flatMap(([page, text]) => blocksOf(page, text))
  .map((block) => [`${block.page}:${block.line}`, block] as const)

describe('commands in the documents', () => {
  test('there are some', () => {
    expect(blocks.length).toBeGreaterThan(20)
  })

  test.each(pages)('%s names the language of every fence', (_page, text) => {
    const opening = text
      .split('\n')
      .filter((line) => /^\s*```/.test(line))
      .filter((_, i) => i % 2 === 0)

    expect(opening.filter((line) => line.trim() === '```')).toEqual([])
    expect(opening.filter((line) => /```(bash|shell|zsh)\b/.test(line))).toEqual([])
  })

  test.each(blocks)('%s is a shell script', (_place, { text }) => {
    const { exitCode, stderr } = Bun.spawnSync(['bash', '-n'], { stdin: Buffer.from(text) })

    expect(stderr.toString()).toBe('')
    expect(exitCode).toBe(0)
  })

  test.each(blocks)('%s uses commands and options that exist', (_place, { text }) => {
    expect(commandsOf(text).flatMap(mistakesIn)).toEqual([])
  })
})

/** What is wrong with one command, as far as its words tell. */
function mistakesIn(words: readonly string[]): string[] {
  const [name = '', ...rest] = words
  if (name === 'lynkr' || name === 'dist/lynkr')
    return lynkrMistakes(
      createProgram(() => undefined),
      rest,
    )
  const script = /\bbun(?:@[\d.]+)? run ([\w:-]+)/.exec(words.join(' '))?.[1]
  return script === undefined || script in manifest.scripts ? [] : [`there is no script ${script}`]
}

function lynkrMistakes(program: Command, words: readonly string[]): string[] {
  let command = program
  for (const [i, word] of words.entries()) {
    if (word === '--') return []
    const child = command.commands.find((one) => one.name() === word)
    if (child !== undefined) command = child
    else if (/^--?[a-z]/.test(word) && !knows(command, word)) return [`lynkr ${words.slice(0, i + 1).join(' ')}`]
    else if (!word.startsWith('-') && command.commands.length > 0) return [`there is no lynkr ${word}`]
    // What follows the client is the client's.
    if (command.name() === 'wrap' && child === undefined && !word.startsWith('-')) return []
  }
  return []
}

function knows(command: Command, word: string): boolean {
  const [flag = ''] = word.split('=')
  return (
    ['--help', '-h', '--version', '-V'].includes(flag) ||
    command.options.some((option) => option.short === flag || option.long === flag)
  )
}

describe('reading a page', () => {
  test('finds blocks, their lines and how they are proved', () => {
    const page = ['text', '```sh', 'a', '```', '', '<!-- docs-test: serves -->', '```sh', 'b', 'c', '```'].join('\n')

    expect(blocksOf('p.md', page)).toEqual([
      { page: 'p.md', line: 3, text: 'a', proof: { kind: 'runs', code: 0 } },
      { page: 'p.md', line: 8, text: 'b\nc', proof: { kind: 'serves' } },
    ])
  })

  test('a comment that excuses without a reason is refused', () => {
    expect(() => blocksOf('p.md', '<!-- docs-test: not run: -->\n```sh\na\n```')).toThrow('p.md:2')
  })

  test('sees through variables, pipes, quotes and continued lines', () => {
    expect(commandsOf('A=b lynkr serve --x | head # c\necho "d e" \\\n  f && g')).toEqual([
      ['lynkr', 'serve', '--x'],
      ['head'],
      ['echo', 'd e', 'f'],
      ['g'],
    ])
  })

  test('notices options and commands that do not exist', () => {
    expect(
      [
        ['lynkr', 'serve', '--prot'],
        ['lynkr', 'keys', 'creat'],
        ['lynkr', 'wrap', 'claude', '--print'],
      ].flatMap(mistakesIn),
    ).toEqual(['lynkr serve --prot', 'there is no lynkr creat'])
  })
})
