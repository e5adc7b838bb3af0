import { describe, expect, test } from 'bun:test'
import { configuredCommands } from '../../src/config/commands.ts'
import { parseConfig } from '../../src/config/config-file.ts'
import type { ConfigIssue } from '../../src/config/issue.ts'

const ENVIRONMENT = {
  HOME: '/home/ann',
  LYNKR_DATA_DIR: '/var/lib/lynkr',
  DOCKER_HOST: 'unix:///srv/engine/docker.sock',
}

function load(text: string) {
  const issues: ConfigIssue[] = []
  const file = parseConfig(text, 'lynkr.yaml', issues)
  const commands = configuredCommands(file, ENVIRONMENT, issues)
  return { names: [...commands.keys()], problems: issues.map(({ place, message }) => `${place}: ${message}`) }
}

/** A command in YAML; `root` on line 6, the parameter's type on line 8. */
function command({ root = '/srv/work', type = 'path', argv = '[cat, --, "{file}"]' } = {}): string {
  return [
    'commands:',
    '  read:',
    '    description: Reads a file.',
    `    argv: ${argv}`,
    '    workspace:',
    `      root: ${root}`,
    '    parameters:',
    `      file: { type: ${type} }`,
    '    callers: ["*"]',
    '',
  ].join('\n')
}

describe('the commands section', () => {
  test('declares commands', () => {
    expect(load(command())).toEqual({ names: ['read'], problems: [] })
  })

  test('is none where there is none', () => {
    expect(load('port: 1\n')).toEqual({ names: [], problems: [] })
  })

  test.each([
    ['a shell', command({ argv: '[sh, -c, "{file}"]' }), 'lynkr.yaml:4 commands.read.argv'],
    [
      'a type that is misspelt',
      command({ type: 'paht' }),
      'lynkr.yaml:8 commands.read.parameters.file.type: must be one of',
    ],
    [
      'the home folder',
      command({ root: '/home/ann' }),
      'lynkr.yaml:6 commands.read.workspace.root: must not be or contain the home',
    ],
    [
      'the folder of the keys',
      command({ root: '/var/lib/lynkr/sandbox' }),
      'lynkr.yaml:6 commands.read.workspace.root: must not touch the data',
    ],
    [
      'a folder with the engine in it',
      command({ root: '/srv/engine' }),
      'lynkr.yaml:6 commands.read.workspace.root: must not contain a container',
    ],
    [
      'a key that is misspelt',
      command().replace('argv:', 'agrv:'),
      'lynkr.yaml:4 commands.read.agrv: is not a setting; did you mean argv?',
    ],
  ])('refuses %s with line, path and reason', (_, text, expected) => {
    const { names, problems } = load(text)

    expect(names).toEqual([])
    expect(problems.join('\n')).toContain(expected)
  })

  test('tells what is wrong in its meaning beside what is wrong elsewhere in its form', () => {
    const { problems } = load(`prot: 1\n${command({ root: '/etc' })}`)

    expect(problems.map((problem) => problem.split(':')[1])).toEqual(['1 prot', '7 commands.read.workspace.root'])
  })
})
