import { describe, expect, test } from 'bun:test'
import { compileCommands } from '../../src/policy/command-template.ts'
import { command, PROTECTED, problems, template } from './templates.ts'

const text = { type: 'string' }
const int = { type: 'int', min: 0, max: 9 }
const path = { type: 'path' }
const list = { type: 'enum', values: ['a', 'b'] }
const workspace = { root: '/srv/work' }

describe('a template that is refused when the configuration loads', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['a placeholder as program', { argv: ['{x}'], parameters: { x: text } }, 'it.argv.0'],
    ['a placeholder within the program', { argv: ['g{x}'], parameters: { x: text } }, 'it.argv.0'],
    ['a relative program', { argv: ['./run'] }, 'it.argv.0'],
    ['an empty program', { argv: [''] }, 'it.argv.0'],
    ['a program with spaces', { argv: ['ls -l'] }, 'it.argv.0'],
    ['a program with a newline', { argv: ['ls\n'] }, 'it.argv.0'],
    ['a shell', { argv: ['sh', '-c', 'id'] }, 'it.argv.0'],
    ['a shell by path', { argv: ['/bin/bash', 'x'] }, 'it.argv.0'],
    ['busybox, which is every shell', { argv: ['busybox', 'sh'] }, 'it.argv.0'],
    ['a launcher', { argv: ['env', 'ls'] }, 'it.argv.0'],
    ['sudo', { argv: ['/usr/bin/sudo', 'ls'] }, 'it.argv.0'],
    ['a value after -c', { argv: ['ls', '-c', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a value after -e', { argv: ['grep', '-e', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a number after -c', { argv: ['head', '-c', '{x}'], parameters: { x: int } }, 'it.argv.2'],
    ['a value after a cluster that ends in c', { argv: ['ls', '-lc', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a value after --exec', { argv: ['fd', '--exec', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a value of --exec=', { argv: ['fd', '--exec={x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value of a shortened --exec', { argv: ['fd', '--ex={x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value of --pre=', { argv: ['rg', '--pre={x}', 'a'], parameters: { x: text } }, 'it.argv.1'],
    ['a value attached to -e', { argv: ['grep', '-e{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value after -exec', { argv: ['find', '.', '-exec', '{x}', ';'], parameters: { x: text } }, 'it.argv.3'],
    ['a value far after -exec', { argv: ['find', '-exec', 'cat', '--', '{x}'], parameters: { x: text } }, 'it.argv.4'],
    ['a value of --filter of split', { argv: ['split', '--filter={x}', 'a'], parameters: { x: text } }, 'it.argv.1'],
    ['a value behind fd -x', { argv: ['fd', 'a', '-x', 'cat', '{x}'], parameters: { x: text } }, 'it.argv.4'],
    ['a path behind fd -HX', { argv: ['fd', '-HX', 'cat', '{p}'], parameters: { p: path }, workspace }, 'it.argv.3'],
    ['a value behind fd --exec', { argv: ['fdfind', '--exec', 'cat', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    ['a value after -I of tar', { argv: ['tar', '-cI', '{x}', '-f', 'a'], parameters: { x: text } }, 'it.argv.2'],
    ['a value of --to-command', { argv: ['tar', '-x', '--to-command={x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a value of a shortened --info-script', { argv: ['tar', '--info={x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value after -TT of zip', { argv: ['zip', '-TT', '{x}', 'a.zip'], parameters: { x: text } }, 'it.argv.2'],
    ['a value after -P of man', { argv: ['man', '-P', '{x}', 'ls'], parameters: { x: text } }, 'it.argv.2'],
    ['a value after -o of scp', { argv: ['scp', '-o', '{x}', 'a', 'b:'], parameters: { x: text } }, 'it.argv.2'],
    ['a value of -exec= of go', { argv: ['go', 'test', '-exec={x}', './...'], parameters: { x: text } }, 'it.argv.2'],
    ['flags for the linker of go', { argv: ['go', 'build', '-ldflags={x}'], parameters: { x: text } }, 'it.argv.2'],
    ['a value of --config-file', { argv: ['mypy', '--config-file={x}', '.'], parameters: { x: text } }, 'it.argv.1'],
    ['a value of --load-plugins', { argv: ['pylint', '--load-plugins={x}'], parameters: { x: text } }, 'it.argv.1'],
    [
      'a value of --post-renderer',
      { argv: ['helm', 'template', '--post-renderer={x}'], parameters: { x: text } },
      'it.argv.2',
    ],
    ['an interpreter for mypy', { argv: ['mypy', '--python-executable={x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a plugin of gcc', { argv: ['gcc', '-fplugin={x}', 'a.c'], parameters: { x: text } }, 'it.argv.1'],
    [
      'a definition after -D of cmake',
      { argv: ['cmake', '-S', '.', '-D', '{x}'], parameters: { x: text } },
      'it.argv.4',
    ],
    ['a static shell', { argv: ['bash-static', '-c', 'id'] }, 'it.argv.0'],
    ['every tool at once', { argv: ['coreutils', '--coreutils-prog=env', 'sh'] }, 'it.argv.0'],
    ['a shell of structures', { argv: ['nu', '-c', 'ls'] }, 'it.argv.0'],
    ['a free text for ipython', { argv: ['ipython3', '{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value of --extcmd', { argv: ['git', 'difftool', '--extcmd={x}'], parameters: { x: text } }, 'it.argv.2'],
    [
      'a target of make, which may be $(shell …)',
      { argv: ['make', '--', '{x}'], parameters: { x: text } },
      'it.argv.2',
    ],
    ['a free text for vim.basic', { argv: ['/usr/bin/vim.basic', '{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a free text for python3-dbg', { argv: ['python3-dbg', '{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a free text for less, which takes +!', { argv: ['less', '--', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    ['entr', { argv: ['entr', 'ls'] }, 'it.argv.0'],
    [
      'a setting of what a script of npm starts',
      { argv: ['npm', 'test', '--', '--config={x}'], parameters: { x: text } },
      'it.argv.3',
    ],
    ['a program that npm starts', { argv: ['npm', 'exec', '--', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    [
      'a path where the chosen subcommand may be left out',
      {
        argv: ['git', '{c}', '{p}'],
        parameters: { c: { type: 'enum', values: ['add'], optional: true }, p: path },
        workspace,
      },
      'it.argv.2',
    ],
    [
      'a program that a chosen word starts',
      { argv: ['npm', '{c}', '{x}'], parameters: { c: { type: 'enum', values: ['ls', 'exec'] }, x: text } },
      'it.argv.2',
    ],
    ['a program that git starts', { argv: ['git', 'bisect', 'run', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    ['a shell that npx starts', { argv: ['npx', '--yes', 'bash', 'a'] }, 'it.argv.2'],
    ['a text for what uv starts', { argv: ['uv', 'run', 'python', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    [
      'a setting of what npx starts',
      { argv: ['npx', '--', 'eslint', '-c', '{x}'], parameters: { x: text } },
      'it.argv.4',
    ],
    [
      'a shell behind a package of npx',
      { argv: ['npx', '-p', 'a', 'bash', '{x}'], parameters: { x: text } },
      'it.argv.3',
    ],
    [
      'a shell behind a package of npm exec',
      { argv: ['npm', 'exec', '-p', 'a', '--', 'sh', '{x}'], parameters: { x: text } },
      'it.argv.5',
    ],
    [
      'a text for what uv starts with a package',
      { argv: ['uv', 'run', '--with', 'a', 'python', '{x}'], parameters: { x: text } },
      'it.argv.5',
    ],
    [
      'a text for what uv starts with a listed package',
      { argv: ['uv', 'run', '--with', '{e}', 'python', '{x}'], parameters: { x: text, e: list } },
      'it.argv.5',
    ],
    ['a tool that uv starts', { argv: ['uv', 'tool', 'run', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    [
      'a shell in a pod',
      { argv: ['kubectl', 'exec', '-it', 'pod', '--', 'sh', '-c', '{x}'], parameters: { x: text } },
      'it.argv.5',
    ],
    [
      'a shell in a listed pod',
      { argv: ['kubectl', 'exec', '{e}', '--', 'sh', '-c', '{x}'], parameters: { x: text, e: list } },
      'it.argv.4',
    ],
    [
      'a free subcommand in a listed folder',
      { argv: ['git', '-C', '{e}', '{x}'], parameters: { x: text, e: list } },
      'it.argv.3',
    ],
    ['a free subcommand after a folder', { argv: ['git', '-C', 'a', '{x}'], parameters: { x: text } }, 'it.argv.3'],
    ['a free text for an interpreter', { argv: ['awk', '--', '{x}'], parameters: { x: text } }, 'it.argv.2'],
    [
      'a free text for one whose name ends in a digit',
      { argv: ['m4', '--', '{x}'], parameters: { x: text } },
      'it.argv.2',
    ],
    ['a free text for a versioned one', { argv: ['python3.11', '{x}'], parameters: { x: text } }, 'it.argv.1'],
    [
      'a free text for one built for a machine',
      { argv: ['x86_64-linux-gnu-perl5.36', '{x}'], parameters: { x: text } },
      'it.argv.1',
    ],
    [
      'a program for a compiler of another machine',
      { argv: ['/usr/bin/aarch64-linux-gnu-gcc-12', '-wrapper', '{x}'], parameters: { x: text } },
      'it.argv.2',
    ],
    ['a name of setarch, which is no version', { argv: ['x86_64', '{x}'], parameters: { x: text } }, 'it.argv.0'],
    ['a free subcommand', { argv: ['git', '{x}'], parameters: { x: text } }, 'it.argv.1'],
    [
      'a free subcommand after a setting',
      { argv: ['git', '-c', 'a.b=c', '{x}'], parameters: { x: text } },
      'it.argv.3',
    ],
    ['a value as option', { argv: ['ls', '-{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a value as option name', { argv: ['ls', '--{x}=1'], parameters: { x: text } }, 'it.argv.1'],
    ['a value that continues an option', { argv: ['ls', '--col{x}'], parameters: { x: text } }, 'it.argv.1'],
    ['a text in a short cluster', { argv: ['ls', '-l{x}'], parameters: { x: text } }, 'it.argv.1'],
    [
      'a path that the program would see changed',
      { argv: ['cat', '{p}.txt'], parameters: { p: path }, workspace },
      'it.argv.1',
    ],
    ['a path below another', { argv: ['cat', 'a/{p}'], parameters: { p: path }, workspace }, 'it.argv.1'],
    ['a path without workspace', { argv: ['cat', '{p}'], parameters: { p: path } }, 'it.parameters.p'],
    [
      'a writable path in a read-only workspace',
      { argv: ['touch', '{p}'], parameters: { p: { type: 'path', mode: 'write' } }, workspace },
      'it.parameters.p.mode',
    ],
    [
      'an optional value that leaves an option hungry',
      { argv: ['ls', '-w', '{x}'], parameters: { x: { ...text, optional: true } } },
      'it.argv.2',
    ],
    ['an undeclared parameter', { argv: ['ls', '{x}'] }, 'it.argv.1'],
    ['an unused parameter', { argv: ['ls'], parameters: { x: text } }, 'it.parameters.x'],
    ['a lone brace', { argv: ['ls', '{'] }, 'it.argv.1'],
    ['a lone closing brace', { argv: ['ls', '}'] }, 'it.argv.1'],
    ['an odd parameter name', { argv: ['ls', '{A}'] }, 'it.argv.1'],
    ['a control character', { argv: ['ls', 'a\u0007'] }, 'it.argv.1'],
    [
      'a range upside down',
      { argv: ['ls', '{x}'], parameters: { x: { type: 'int', min: 2, max: 1 } } },
      'it.parameters.x',
    ],
    ['a default out of range', { argv: ['ls', '{x}'], parameters: { x: { ...int, default: 10 } } }, 'it.parameters.x'],
    ['an unknown charset', { argv: ['ls', '{x}'], parameters: { x: { ...text, charset: 'utf8' } } }, 'it.parameters.x'],
    [
      'a reversed charset',
      { argv: ['ls', '{x}'], parameters: { x: { ...text, charset: '[z-a]' } } },
      'it.parameters.x',
    ],
    [
      'an option as enum value',
      { argv: ['ls', '{x}'], parameters: { x: { type: 'enum', values: ['-a'] } } },
      'it.parameters.x',
    ],
    [
      'a flag that is none',
      { argv: ['ls', '{x}'], parameters: { x: { type: 'bool', flag: 'rm' } } },
      'it.parameters.x',
    ],
    ['a flag within text', { argv: ['ls', 'a{x}'], parameters: { x: { type: 'bool', flag: '-a' } } }, 'it.argv.1'],
    ['the host as workspace', { argv: ['ls'], workspace: { root: '/' } }, 'it.workspace.root'],
    ['home as workspace', { argv: ['ls'], workspace: { root: '/root' } }, 'it.workspace.root'],
    ['an odd caller pattern', { argv: ['ls'], callers: ['a**'] }, 'it.callers.0'],
  ])('%s', (_, config, place) => {
    expect(problems(config).map((problem) => problem.slice(0, problem.indexOf(': ')))).toContain(place)
  })

  test('all problems of all commands are told at once, each with its place', () => {
    const commands = {
      one: command({ argv: ['sh', '{x}'], parameters: { y: text } }),
      two: command({ argv: ['cat', '-e', '{p}'], parameters: { p: path } }),
    }

    const compiled = compileCommands(commands, PROTECTED)

    expect(compiled.ok ? [] : compiled.problems.map((problem) => problem.path)).toEqual([
      'one.argv.1',
      'one.argv.0',
      'one.parameters.y',
      'two.parameters.p',
      'two.argv.2',
    ])
  })
})

describe('a template that is accepted', () => {
  test.each<[string, Record<string, unknown>]>([
    ['values after --', { argv: ['grep', '-c', '--', '{x}'], parameters: { x: text } }],
    ['an option with =', { argv: ['git', 'log', '--author={x}'], parameters: { x: text } }],
    ['a number in a short option', { argv: ['git', 'log', '-n{n}'], parameters: { n: int } }],
    [
      'numbers in a script',
      { argv: ['sed', '-n', '{n},{m}p', '--', '{p}'], parameters: { n: int, m: int, p: path }, workspace },
    ],
    ['a chosen subcommand', { argv: ['git', '{x}'], parameters: { x: { type: 'enum', values: ['log', 'status'] } } }],
    [
      'a path after a chosen subcommand',
      { argv: ['git', '{x}', '{p}'], parameters: { x: { type: 'enum', values: ['add'] }, p: path }, workspace },
    ],
    ['a path for what uv starts', { argv: ['uv', 'run', 'pytest', '{p}'], parameters: { p: path }, workspace }],
    ['a text for a tool that npx starts', { argv: ['npx', '-y', 'tool', '{x}'], parameters: { x: text } }],
    [
      'a path for a module that uv runs with a package',
      { argv: ['uv', 'run', '--with', 'a', '-m', 'pytest', '{p}'], parameters: { p: path }, workspace },
    ],
    [
      'a path for a program in an environment called env',
      { argv: ['conda', 'run', '-n', 'env', 'pytest', '{p}'], parameters: { p: path }, workspace },
    ],
    ['a text for a program in a pod', { argv: ['kubectl', 'exec', 'pod', '--', 'ls', '{x}'], parameters: { x: text } }],
    ['a text for a tool of a version', { argv: ['mise', 'exec', 'jq@1', '--', 'ls', '{x}'], parameters: { x: text } }],
    ['a script of npm', { argv: ['npm', 'run', 'watch', '--', '{x}'], parameters: { x: text } }],
    ['a filter that is none', { argv: ['git', 'log', '--filter={x}'], parameters: { x: text } }],
    ['a width of fd', { argv: ['fd', '--max-depth={n}', '{x}'], parameters: { n: int, x: text } }],
    ['find by name', { argv: ['find', '{p}', '-name', '{x}'], parameters: { p: path, x: text }, workspace }],
    ['escaped braces', { argv: ['find', '.', '-name', '{{x}}'] }],
    ['--exclude, which is no --exec', { argv: ['grep', '--exclude={x}', 'a'], parameters: { x: text } }],
  ])('%s', (_, config) => {
    expect(problems(config)).toEqual([])
  })

  test('its schema tells a model what it takes', () => {
    const made = template({
      argv: ['grep', '{i}', '-m{n}', '--', '{x}', '{p}'],
      parameters: {
        i: { type: 'bool', flag: '-i' },
        n: { ...int, default: 5 },
        x: { type: 'string', charset: 'word', max: 9, description: 'what to find' },
        p: { ...path, optional: true },
      },
      workspace,
    })

    expect(made.inputSchema).toEqual({
      type: 'object',
      properties: {
        i: { type: 'boolean', default: false },
        n: { type: 'integer', minimum: 0, maximum: 9, default: 5 },
        x: { type: 'string', minLength: 1, maxLength: 9, pattern: '^[A-Za-z0-9_]*$', description: 'what to find' },
        p: { type: 'string', minLength: 1, description: 'Path inside the workspace' },
      },
      required: ['x'],
      additionalProperties: false,
    })
  })
})
