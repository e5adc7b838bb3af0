import { describe, expect, test } from 'bun:test'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'

/** What a command line prints and ends with, in this process. */
async function use(...args: string[]) {
  const codes: number[] = []
  const said = { out: '', error: '' }
  const program = createProgram((code) => {
    codes.push(code)
    throw new Ended()
  })
  for (const command of everyCommand(program)) {
    command.configureOutput({
      writeOut(text) {
        said.out += text
      },
      writeErr(text) {
        said.error += text
      },
    })
  }
  await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => {
    if (!(thrown instanceof Ended)) throw thrown
  })
  return { code: codes[0], ...said }
}

class Ended extends Error {}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

const names = everyCommand(createProgram(() => undefined))
  .map((command) => pathOf(command).join(' '))
  .filter((path) => path !== '')

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()]
}

describe('the command line', () => {
  test.each(names)('lynkr %s --help says what it is for', async (path) => {
    const { code, out } = await use(...path.split(' '), '--help')

    expect(code).toBe(0)
    expect(out).toStartWith(`Usage: lynkr ${path}`)
    expect(out.split('\n\n')[1]?.length).toBeGreaterThan(5)
  })

  test.each(names)('lynkr %s --help shows no default that is code', async (path) => {
    const { out } = await use(...path.split(' '), '--help')

    expect(out).not.toMatch(/default: (false|\[|\{)/)
  })

  test.each([
    [['serve', '--prot', '9'], "unknown option '--prot'", 'lynkr serve --help'],
    [['serv'], "unknown command 'serv'\n(Did you mean serve?)", 'lynkr --help'],
    [['keys', 'creat', 'x'], "unknown command 'creat'\n(Did you mean create?)", 'lynkr keys --help'],
    [['keys', 'create'], "missing required argument 'name'", 'lynkr keys create --help'],
    [['keys', 'list', '--format', 'xml'], "argument 'xml' is invalid", 'lynkr keys list --help'],
    [['simulate', '--port', 'x'], "argument 'x' is invalid. must be a whole number", 'lynkr simulate --help'],
    [['usage', '--by', 'moon'], "argument 'moon' is invalid. must be made of key", 'lynkr usage --help'],
    [['version', 'now'], 'too many arguments', 'lynkr version --help'],
    [['help', 'serv'], "unknown command 'serv'\n(Did you mean serve?)", 'lynkr --help'],
    [['serv', '--help'], "unknown command 'serv'\n(Did you mean serve?)", 'lynkr --help'],
    [['serv', '--port', '9', '-h'], "unknown command 'serv'\n(Did you mean serve?)", 'lynkr --help'],
    [['keys', 'creat', '--help'], "unknown command 'creat'\n(Did you mean create?)", 'lynkr keys --help'],
    [['help', 'keys', 'creat'], "unknown command 'creat'", 'lynkr keys --help'],
    [['keys', 'help', 'creat'], "unknown command 'creat'", 'lynkr keys --help'],
    [['serv', '--help'], "unknown command 'serv'", 'lynkr --help'],
    [['keys', 'creat', '-h'], "unknown command 'creat'", 'lynkr keys --help'],
  ])('wrong use %j ends with 2, what is wrong, and where to read on', async (args, wrong, advice) => {
    const { code, out, error } = await use(...args)

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toStartWith('lynkr: ')
    expect(error).toContain(wrong)
    expect(error).toContain(`\`${advice}\` says what it takes.`)
  })

  test('the list of commands is grouped by what people come for', async () => {
    const { out } = await use('--help')

    const heads = [...out.matchAll(/^(\S.*):$/gm)].map((match) => match[1])
    expect(heads.slice(0, 2)).toEqual(['Options', 'Start'])
    expect(heads).not.toContain('Commands')
  })
})

test.each([
  [['help'], 'lynkr'],
  [['help', 'serve'], 'lynkr serve'],
  [['help', 'keys', 'create'], 'lynkr keys create'],
  [['help', 'keys', 'revoke', 'k1'], 'lynkr keys revoke'],
  [['keys', 'help'], 'lynkr keys'],
  [['keys', 'help', 'create'], 'lynkr keys create'],
])('%j says what %s takes', async (args, path) => {
  const { code, out, error } = await use(...args)

  expect({ code, error }).toEqual({ code: 0, error: '' })
  expect(out).toStartWith(`Usage: ${path} [options]`)
})

test('the help of a command has the headings of that command alone', async () => {
  const { out } = await use('keys', '--help')

  expect(out).toContain('\n  help [command...]        say what a command takes')
  expect(out).not.toContain('Operate:')
})
