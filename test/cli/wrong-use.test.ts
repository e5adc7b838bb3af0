import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { configurationPage } from '../../src/cli/configuration-page.ts'
import { COMMIT, VERSION } from '../../src/cli/version.ts'
import { openLynkrCli } from '../support/lynkr-cli.ts'

setDefaultTimeout(180_000)

/** What a stranger with an empty home sees. `written`: what lynkr left there; Bun itself leaves its cache. */
async function use(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  using cli = openLynkrCli(variables)
  const said = await cli.run(args)
  return { ...said, written: readdirSync(cli.home).filter((name) => name !== '.bun') }
}

describe('wrong use says what, where, and what to do', () => {
  test.each([
    [['config', 'check', '/nowhere.yaml'], 2, '/nowhere.yaml: cannot be read: there is no such file or folder'],
    [['explain', '/nowhere.json'], 2, '/nowhere.json cannot be read: there is no such file or folder'],
    [['lint-stream'], 2, 'stdin: there is no event in it'],
    [['simulate', '--port', '70000'], 2, "argument '70000' is invalid. must be a whole number from 0 to 65535"],
    [['init', '--yes', '--port', '70000'], 2, "argument '70000' is invalid. must be a whole number from 0 to 65535"],
    [['run', 'nothing'], 2, 'there is no such command; `lynkr commands` lists those there are'],
    [['wrap', '--log', '/proc/nothing/log', 'true'], 2, '--log /proc/nothing/log: there is no such file or folder'],
    [['wrap', 'no-such-program'], 127, 'no-such-program is not in PATH'],
    [['keys', 'create', 'x', '--priority', 'high'], 2, 'priority: must be one of main, subagent, background, batch'],
    [['keys', 'create', 'x', '--surfaces', 'chats'], 2, 'surfaces.0: must be one of messages, '],
    [['keys', 'create', 'x', '--models', ''], 2, 'must name something'],
    [['keys', 'create', 'x', '--deny-tools', ' , '], 2, 'must name something'],
    [['init', '--yes', '--provider', ''], 2, 'must name something'],
    [['simulate', '--seed', '99999999999999999999'], 2, 'is too large'],
    [['keys', 'create', ''], 2, 'name: must not be empty'],
    [['keys', 'create', 'x', '--expires', '2020-01-01'], 2, 'expires: lies in the past'],
    [['usage', '--from', '2027-01-01', '--to', '2026-01-01'], 2, '--from must be before --to'],
    [['keys', 'show', 'nobody'], 1, 'lynkr: there is no key nobody'],
  ] as const)('lynkr %j ends with %d', async (args, code, sentence) => {
    const said = await use(args)

    expect(said.error).toContain(sentence)
    expect(said.error).not.toMatch(/ENOENT|Invalid option|\n\s+at /)
    expect(said.code).toBe(code)
  })

  test('a setting that takes one of some words names them', async () => {
    const { code, error } = await use(['config', 'check'], { LOG_LEVEL: 'warning' })

    expect(error).toContain(
      'LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent; did you mean warn?',
    )
    expect(code).toBe(2)
  })

  test('a data folder that cannot be made is a sentence, not a stack', async () => {
    const { code, error } = await use(['keys', 'create', 'laptop'], { LYNKR_DATA_DIR: '/proc/nothing' })

    expect(error).toBe('lynkr: /proc/nothing: there is no such file or folder\n')
    expect(code).toBe(1)
  })

  test('a folder that cannot be made is named, and what to do about it', async () => {
    const serve = await use(['serve'], { LYNKR_DATA_DIR: '/dev/null/lynkr', PORT: '0' })
    const init = await use(['init', '--yes', '--no-test', '--provider', 'ollama'], { XDG_CONFIG_HOME: '/dev/null' })

    expect(serve).toMatchObject({
      code: 2,
      error:
        'lynkr cannot start without its store: /dev/null/lynkr: a part of the path is no folder\n' +
        'Set LYNKR_DATA_DIR to a folder that lynkr may write.\n',
    })
    expect(init).toMatchObject({
      code: 1,
      error: 'lynkr init: /dev/null/lynkr: a part of the path is no folder\nNothing was written.\n',
    })
  })

  test('a port that is taken is a sentence, not a stack', async () => {
    const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
    const { code, error } = await use(['simulate', '--port', `${taken.port}`])
    taken.stop(true)

    expect(error).toBe(`lynkr: 127.0.0.1:${taken.port}: another program listens there\n`)
    expect(code).toBe(1)
  })

  test('an address that nobody has, or that another machine has, is not blamed on the port', async () => {
    const keys = { LYNKR_API_KEYS: 'a-key-of-at-least-22-characters', ANTHROPIC_API_KEY: 'k' }
    const nobody = await use(['serve'], { ...keys, HOST: 'no such host', PORT: '0' })
    const other = await use(['serve'], { ...keys, HOST: '192.0.2.1', PORT: '0' })
    const linkLocal = await use(['serve'], { ...keys, HOST: 'fe80::1', PORT: '0' })
    const simulator = await use(['simulate', '--host', 'no such host'])

    expect(linkLocal.error).toMatch(
      /^lynkr cannot listen on \[fe80::1\]:0: .*\nSet HOST to an address of this machine\.\n$/,
    )
    expect([nobody.error, other.error, simulator.error]).toEqual([
      'lynkr cannot listen on no such host:0: no address has that name\nSet HOST to an address of this machine.\n',
      'lynkr cannot listen on 192.0.2.1:0: this machine does not have that address\nSet HOST to an address of this machine.\n',
      'lynkr: no such host:0: no address has that name\n',
    ])
    expect([nobody.code, other.code, simulator.code]).toEqual([1, 1, 1])
  })

  test('nobody answers a health check: the address, and why', async () => {
    const { code, error } = await use(['healthcheck'], { PORT: '9' })

    expect(error).toBe('http://127.0.0.1:9/health/live does not answer: nothing listens there\n')
    expect(code).toBe(1)
  })

  test('what is refused writes nothing', async () => {
    expect((await use(['init', '--yes'])).written).toEqual([])
    expect((await use(['config', 'check'], { PORT: 'x' })).written).toEqual([])
  })
})

describe('for programs', () => {
  test('config check --json has every issue with its place', async () => {
    const right = await use(['config', 'check', '--json'], { ANTHROPIC_API_KEY: 'k' })
    const wrong = await use(['config', 'check', '--json'], { PORT: 'x' })

    expect(JSON.parse(right.out)).toEqual({
      ok: true,
      file: null,
      providers: ['anthropic'],
      defaultProvider: 'anthropic',
      issues: [],
    })
    expect(JSON.parse(wrong.out)).toEqual({
      ok: false,
      issues: [{ place: 'PORT', message: 'must be a whole number from 0 to 65535' }],
    })
    expect([right.code, wrong.code]).toEqual([0, 2])
  })

  test('config print --json is the same as its YAML, keys left out', async () => {
    const { out } = await use(['config', 'print', '--json'], { ANTHROPIC_API_KEY: 'a-secret-key' })

    expect(JSON.parse(out)).toMatchObject({ port: 8080, defaultProvider: 'anthropic' })
    expect(out).not.toContain('a-secret-key')
  })

  test('audit verify --json', async () => {
    const { out, code } = await use(['audit', 'verify', '--json'])

    expect(JSON.parse(out)).toMatchObject({ ok: true, rows: 0, problems: [], isCut: false })
    expect(code).toBe(0)
  })

  test('version --json has each part of the line by its name', async () => {
    const { out, code } = await use(['version', '--json'])

    expect(JSON.parse(out)).toEqual({ version: VERSION, commit: COMMIT, bun: Bun.version })
    expect(code).toBe(0)
  })

  test('config docs is the page of the documents', async () => {
    const { out, code } = await use(['config', 'docs'])

    expect(out).toBe(`${configurationPage()}\n`)
    expect(code).toBe(0)
  })
})
