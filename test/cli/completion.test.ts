import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { completionScript, SHELLS } from '../../src/cli/completion.ts'
import { createProgram } from '../../src/cli/program.ts'
import { requireService } from '../support/services.ts'

setDefaultTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'lynkr-completion-'))
const scriptOf = (shell: string): string => join(folder, `lynkr.${shell}`)

beforeAll(() => {
  const program = createProgram(() => undefined)
  for (const shell of SHELLS) writeFileSync(scriptOf(shell), completionScript(program, shell))
  writeFileSync(join(folder, 'body.json'), '{}')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What the words come to, the last of them begun. */
const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['lynkr ke', ['keys']],
  ['lynkr keys ', ['create', 'help', 'list', 'revoke', 'rotate', 'show']],
  ['lynkr keys create --te', ['--team']],
  ['lynkr keys create name --te', ['--team']],
  ['lynkr usage --format ', ['csv', 'json', 'table']],
  ['lynkr usage --format json --b', ['--by']],
  ['lynkr completion f', ['fish']],
  ['lynkr help se', ['serve']],
  ['lynkr serve --until', []],
]

function run(...command: string[]): string[] {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'dumb' }
  const { stdout, stderr } = Bun.spawnSync(command, { cwd: folder, env })
  expect(stderr.toString()).toBe('')
  return stdout
    .toString()
    .split(/[\s\t]+/)
    .filter((word) => word !== '')
    .sort()
}

const installed = (shell: string) => requireService(shell, async () => Bun.which(shell))

describe.if((await installed('bash')) !== null)('in bash', () => {
  const complete = (line: string) => {
    const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lynkr; echo "\${COMPREPLY[*]}"`
    return run('bash', '--norc', '-c', ask, scriptOf('bash'), ...line.split(' '))
  }

  test.each(CASES)('%j is completed by %j', (line, offered) => {
    expect(complete(line)).toEqual([...offered])
  })
})

describe.if((await installed('fish')) !== null)('in fish', () => {
  const complete = (line: string) => run('fish', '-N', '-c', `source ${scriptOf('fish')}; complete -C '${line}'`)

  test.each(CASES)('%j is completed by %j', (line, offered) => {
    expect(complete(line)).toEqual([...offered])
  })

  test('files are offered where no name fits', () => {
    expect(complete('lynkr explain bo')).toEqual(['body.json'])
  })
})

describe.if((await installed('zsh')) !== null)('in zsh', () => {
  test('a name that was begun is completed at the terminal', () => {
    const ask = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1='REA''DY '; autoload -Uz compinit; compinit -u -D; source $0; bindkey '^I' complete-word"
      zpty -r -m shell seen '*READY *'
      zpty -n -w shell $'lynkr keys creat\\t'
      zpty -r -m shell seen '*lynkr keys create*' && print completed`

    expect(run('zsh', '-f', '-c', ask, scriptOf('zsh'))).toEqual(['completed'])
  })
})
