import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { eventually } from '../../support/eventually.ts'
import { openLynkrCli } from '../../support/lynkr-cli.ts'
import { KEYS, openTerminal } from '../../support/terminal.ts'

setDefaultTimeout(180_000)

const simulator = await startSimulator()
const cli = openLynkrCli({ ANTHROPIC_API_KEY: 'sk-ant-of-the-test', ANTHROPIC_API_BASE: simulator.url })
afterAll(async () => {
  cli[Symbol.dispose]()
  await simulator.stop()
})

/** A client: asks for one message with what it was given, and ends with 3. */
const ASK = `
const response = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.ANTHROPIC_AUTH_TOKEN },
  body: JSON.stringify({ model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }),
})
console.log(response.status, process.env.ANTHROPIC_API_KEY ?? 'no key')
process.exit(3)`
const BUN = process.execPath

/** Processes that are a lynkr behind `lynkr wrap` with this home. */
function serversOf(home: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    const read = (name: string): string =>
      existsSync(`/proc/${pid}/${name}`) ? readFileSync(`/proc/${pid}/${name}`, 'utf8') : ''
    return /^\d+$/.test(pid) && read('cmdline').includes('--until-stdin-ends') && read('environ').includes(home)
  })
}

describe('lynkr wrap', () => {
  test('leads the client to lynkr, hides the provider’s key, and ends with its exit code', async () => {
    const { code, out, error } = await cli.run(['wrap', BUN, '-e', ASK])

    expect({ code, out }).toEqual({ code: 3, out: '200 no key\n' })
    expect(error).toMatch(/^lynkr: 1 request by anthropic, \d+ tokens in, \d+ out, \$0\.0\d{3}, [\d.]+ s\n$/)
    expect(serversOf(cli.home)).toEqual([])
  })

  test('says that the price of a model is not known, not that it cost nothing', async () => {
    const ask = ASK.replace('claude-haiku-4-5', 'claude-nobody-knows')

    const told = await cli.run(['wrap', BUN, '-e', ask])
    const { error } = await cli.run(['wrap', '--json', BUN, '-e', ask])

    expect(told.error).toMatch(/^lynkr: 1 request by anthropic, \d+ tokens in, \d+ out, at a price that is not known, /)
    expect(JSON.parse(error)).toMatchObject({ cost_usd: 0, unpriced: [expect.any(String)] })
  })

  test('--json says the same as a document, and the token is needed', async () => {
    const anonymous = 'process.exit((await fetch(process.env.ANTHROPIC_BASE_URL + "/v1/models")).status - 400)'

    const { code, error } = await cli.run(['wrap', '--json', BUN, '-e', anonymous])

    expect(code).toBe(1)
    expect(JSON.parse(error)).toMatchObject({ exit_code: 1, requests: 1, errors: 0, cost_usd: 0, tokens_input: 0 })
  })

  test('the client has the input, and its own options stay its own', async () => {
    const { code, out, error } = await cli.run(['wrap', '--quiet', 'cat', '--number', '-'], {}, 'typed\n')

    expect({ code, out, error }).toEqual({ code: 0, out: '     1\ttyped\n', error: '' })
  })

  test('the client’s environment has nothing of the engine settings that lynkr runs with, but those the user set', async () => {
    const { out } = await cli.run(['wrap', '--quiet', 'env'], { BUN_CONFIG_MAX_HTTP_REQUESTS: '300' })

    expect(out.split('\n').filter((line) => /^(BUN|MIMALLOC)_/.test(line))).toEqual([
      'BUN_CONFIG_MAX_HTTP_REQUESTS=300',
    ])
  })

  test('a client that a signal ends makes 128 and the signal', async () => {
    expect((await cli.run(['wrap', '--quiet', 'sh', '-c', 'kill -9 $$'])).code).toBe(137)
  })

  test.each([
    [
      'noshebang',
      'echo hi\n',
      0o755,
      126,
      / is no program of this machine; a script begins with a line such as #!\/bin\/sh\n$/,
    ],
    [
      'lost',
      '#!/no/such/program\n',
      0o755,
      126,
      / is a script for a program that is not there; its first line names it\n$/,
    ],
    ['plain', '#!/bin/sh\n', 0o644, 126, / may not be executed; chmod \+x \S+plain\n$/],
  ])(
    '%s, a file that cannot be run, is a sentence and what a shell ends with',
    async (name, text, mode, code, said) => {
      const path = join(cli.home, name)
      writeFileSync(path, text)
      chmodSync(path, mode)

      const run = await cli.run(['wrap', path])

      expect(run.error).toMatch(said)
      expect(run.error).not.toMatch(/EN|EA/)
      expect(run.code).toBe(code)
      expect(serversOf(cli.home)).toEqual([])
    },
  )

  test('a path without a file, a folder and a mistyped client are named as such', async () => {
    const runs = await Promise.all(['/nowhere/x', '/tmp/', 'cladue', ''].map((client) => cli.run(['wrap', client])))

    expect(runs.map(({ code, error }) => [code, error])).toEqual([
      [127, 'lynkr wrap: /nowhere/x: there is no such file or folder\n'],
      [126, 'lynkr wrap: /tmp/ is a folder\n'],
      [127, 'lynkr wrap: cladue is not in PATH; did you mean claude?\n'],
      [127, 'lynkr wrap: a program without a name is not in PATH; to have it: install it, or write its path\n'],
    ])
  })

  test('a client that is not there says how to get it', async () => {
    const { code, error } = await cli.run(['wrap', 'codex'], { PATH: '/nowhere' })

    expect({ code, error }).toEqual({
      code: 127,
      error: 'lynkr wrap: Codex (codex) is not in PATH; to have it: npm install -g @openai/codex\n',
    })
  })

  test('a wrong configuration ends with 2 before the client starts', async () => {
    const { code, out, error } = await cli.run(['wrap', 'sh', '-c', 'echo started'], { MODEL_PROVIDER: 'antropic' })

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toContain('did you mean anthropic?')
  })

  test('without a provider it says that the simulator answers', async () => {
    using fresh = openLynkrCli()

    expect((await fresh.run(['wrap', 'true'])).error).toContain('the SIMULATOR answers. `lynkr init` sets one up.')
  })

  test('--log keeps what lynkr logged, to the line of the last request', async () => {
    const log = join(cli.home, 'wrap.log')
    const many = `await Promise.all(Array.from({ length: 100 }, async () => { ${ASK.replace(/process.exit.*/, '')} }))`

    await cli.run(['wrap', '--quiet', '--log', log, BUN, '-e', many])

    const text = readFileSync(log, 'utf8')
    expect(text).toContain('"msg":"listening"')
    expect(text.match(/"msg":"request"/g)).toHaveLength(100)
  })

  test('kill -9 on it leaves no lynkr behind', async () => {
    const child = Bun.spawn([...cli.command, 'wrap', '--quiet', 'sh', '-c', 'echo up; exec sleep 60'], {
      env: cli.env,
      stdin: 'ignore',
      stdout: 'pipe',
    })
    await child.stdout.getReader().read()
    const [server] = serversOf(cli.home)

    child.kill('SIGKILL')
    await child.exited

    expect(server).toBeDefined()
    await eventually(async () => serversOf(cli.home).length === 0)
  })

  test('a signal as early as the client itself goes to it, too', async () => {
    const script = 'trap "exit 9" TERM; kill -TERM $PPID; while :; do sleep 0.05; done'

    expect((await cli.run(['wrap', '--quiet', 'sh', '-c', script])).code).toBe(9)
  })

  test('SIGTERM goes to the client', async () => {
    const script = 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done'
    const child = Bun.spawn([...cli.command, 'wrap', '--quiet', 'sh', '-c', script], {
      env: cli.env,
      stdin: 'ignore',
      stdout: 'pipe',
    })
    await child.stdout.getReader().read()

    child.kill('SIGTERM')

    expect(await child.exited).toBe(9)
  })
})

describe('lynkr wrap at a terminal', () => {
  test('Ctrl-C reaches the client once, and lynkr stays until the client leaves', async () => {
    const client = `
      process.stdin.setRawMode(false)
      let times = 0
      process.on('SIGINT', () => { times++; setTimeout(async () => {
        console.log('interrupted', times, (await fetch(process.env.ANTHROPIC_BASE_URL + '/health/live')).status)
        process.exit(4)
      }, 300) })
      console.log(process.stdin.isTTY, process.stdout.columns)
      setInterval(() => {}, 1000)`
    const terminal = openTerminal([...cli.command, 'wrap', BUN, '-e', client], { env: cli.env, cols: 50 })
    await terminal.shows('true 50')

    terminal.type(KEYS.ctrlC)

    expect(await terminal.exited).toBe(4)
    expect(terminal.screen()).toContain('interrupted 1 200')
    expect(terminal.screen()).toContain('lynkr: 0 requests')
  })
})
