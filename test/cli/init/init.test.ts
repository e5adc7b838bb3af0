import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { openLynkrCli } from '../../support/lynkr-cli.ts'
import { KEYS, openTerminal } from '../../support/terminal.ts'

setDefaultTimeout(180_000)

const simulator = await startSimulator()
const KEY = 'sk-ant-secret-of-the-test'
const cli = openLynkrCli({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_API_BASE: simulator.url })
const target = join(cli.home, '.config', 'lynkr', 'lynkr.yaml')
afterAll(async () => {
  cli[Symbol.dispose]()
  await simulator.stop()
})
beforeEach(() => rmSync(dirname(target), { recursive: true, force: true }))

/** All that may be seen of a run that wrote nothing. */
const nothingIsLeft = (): boolean => !existsSync(dirname(target))

describe('lynkr init --yes', () => {
  test('takes what it finds, tries it, and writes a file for its owner alone, without the key', async () => {
    const { code, out, error } = await cli.run(['init', '--yes', '--budget', '5', '--port', '8181'])

    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`${target} is written.`) })
    expect(error).toContain('anthropic answers: "Hello from the lynkr simulator.')
    expect(statSync(target).mode & 0o777).toBe(0o600)
    expect(readFileSync(target, 'utf8')).toContain('port: 8181')
    expect(readFileSync(target, 'utf8')).not.toContain(KEY)
    expect(readdirSync(dirname(target))).toEqual(['lynkr.yaml'])
    expect(await cli.run(['config', 'check'])).toMatchObject({ code: 0 })
  })

  test('writes nothing if the trial fails, and says why', async () => {
    const { code, out, error } = await cli.run(['init', '--yes'], { ANTHROPIC_API_BASE: 'http://127.0.0.1:1' })

    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(error).toContain('anthropic did not answer: 502: the connection to the upstream failed (ECONNREFUSED)\n')
    expect(error).toContain('--no-test writes the file all the same\nNothing was written.')
    expect(nothingIsLeft()).toBe(true)
  })

  test('--no-test writes without a request', async () => {
    const before = simulator.requests().length

    const { code } = await cli.run(['init', '--yes', '--no-test'])

    expect(code).toBe(0)
    expect(simulator.requests().length).toBe(before)
  })

  test('--no-test says what the file still needs before anything starts with it', async () => {
    const { code, out } = await cli.run(['init', '--yes', '--no-test', '--provider', 'openai'])

    expect(code).toBe(0)
    expect(out).toBe(
      `${target} is written.\nlynkr does not start with it yet:\n  OpenAI needs a key; set OPENAI_API_KEY\n`,
    )
  })

  test('says that names of Claude would be refused by a provider of other models, until one is named for them', async () => {
    const openai = { OPENAI_API_KEY: 'sk-of-the-test', OPENAI_API_BASE: `${simulator.url}/v1` }
    const args = ['init', '--yes', '--force', '--provider', 'openai']

    const bare = await cli.run(args, openai)
    const named = await cli.run([...args, '--model', 'gpt-5.5'], openai)

    expect(bare.out).toContain('openai lists no claude-sonnet-4-5, and such names, which Claude Code asks for')
    expect(bare.out).toContain('set OPENAI_MODEL')
    expect(named.out).not.toContain('claude-sonnet-4-5')
    expect([bare.code, named.code]).toEqual([0, 0])
  })

  test('a provider that is named twice is written once', async () => {
    const { code } = await cli.run(['init', '--yes', '--no-test', '--provider', 'anthropic,anthropic'])
    const check = await cli.run(['config', 'check'])

    expect([code, check.code]).toEqual([0, 0])
  })

  test('an existing file is replaced only with --force, and kept', async () => {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, 'port: 1\n')

    const refused = await cli.run(['init', '--yes', '--no-test'])
    const unchanged = readFileSync(target, 'utf8')
    const forced = await cli.run(['init', '--yes', '--no-test', '--force'])

    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('--force replaces it') })
    expect(unchanged).toBe('port: 1\n')
    expect(forced).toMatchObject({ code: 0, out: expect.stringContaining(`the old one is ${target}.bak`) })
    expect(readFileSync(`${target}.bak`, 'utf8')).toBe('port: 1\n')
  })

  test.each([
    [['--provider', 'antropic'], 2, 'there is no provider "antropic"'],
    [['--budget', 'much'], 2, 'must be an amount of dollars'],
    [['--port', '-1'], 2, "argument '-1' is invalid"],
    [['--file', '/dev/null/x/lynkr.yaml', '--no-test'], 1, 'a part of the path is no folder'],
    [['--budget', '1000000001'], 2, 'must be at most 1000000000'],
  ])('%j ends with %i and %s', async (args, code, message) => {
    const run = await cli.run(['init', '--yes', ...args])

    expect(run).toMatchObject({ code, out: '', error: expect.stringContaining(message) })
    expect(nothingIsLeft()).toBe(true)
  })

  test('without a terminal and without --yes it says what to do', async () => {
    expect(await cli.run(['init'])).toMatchObject({ code: 2, error: expect.stringContaining('--yes') })
  })

  test('a folder that cannot be written is told with what the system says', async () => {
    const folder = join(cli.home, 'locked')
    mkdirSync(folder)
    writeFileSync(join(folder, 'lynkr'), 'a file, not a folder')
    chmodSync(folder, 0o500)

    const { code, error } = await cli.run(['init', '--yes', '--no-test'], { XDG_CONFIG_HOME: folder })

    expect(code).toBe(1)
    expect(error).toMatch(
      /locked\/lynkr: (something is there already|a part of the path is no folder|permission is denied)\n/,
    )
  })
})

describe('lynkr init at a terminal', () => {
  const open = (cols = 80) => openTerminal([...cli.command, 'init'], { env: cli.env, cols })

  test('asks, tries, writes', async () => {
    const terminal = open()

    await terminal.shows('Which providers should lynkr use?')
    terminal.type(KEYS.enter)
    await terminal.shows('Dollars that may be spent in a day')
    terminal.type(`7.50${KEYS.enter}`)

    expect(await terminal.exited).toBe(0)
    expect(terminal.screen()).toContain('lynkr.yaml is written')
    expect(readFileSync(target, 'utf8')).toContain('usd: 7.5 }')
  })

  test('asks again for what is no number', async () => {
    const terminal = open()
    await terminal.shows('Which providers')
    terminal.type(KEYS.enter)
    await terminal.shows('Dollars that may be spent')

    terminal.type(`much${KEYS.enter}`)
    await terminal.shows('A number, such as 20')
    terminal.type(KEYS.ctrlC)

    expect(await terminal.exited).toBe(130)
    expect(nothingIsLeft()).toBe(true)
  })

  test('Ctrl-C at the first question of a small terminal leaves nothing behind', async () => {
    const terminal = open(32)
    await terminal.shows('Which providers')

    terminal.type(KEYS.ctrlC)

    expect(await terminal.exited).toBe(130)
    expect(terminal.screen()).toContain('Nothing was written.')
    expect(nothingIsLeft()).toBe(true)
  })
})
