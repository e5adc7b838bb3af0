import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { openLynkrCli } from '../../support/lynkr-cli.ts'
import { freePort } from '../../support/server-process.ts'
import { openTerminal } from '../../support/terminal.ts'

setDefaultTimeout(180_000)

const simulator = await startSimulator()
const port = await freePort()
const cli = openLynkrCli({
  ANTHROPIC_API_KEY: 'sk-ant-of-the-test',
  ANTHROPIC_API_BASE: simulator.url,
  PORT: `${port}`,
})
afterAll(async () => {
  cli[Symbol.dispose]()
  await simulator.stop()
})

async function examine(env: Record<string, string> = {}) {
  const { code, out } = await cli.run(['doctor', '--json'], env)
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(out)
  return { code, ok, findings, wrong: findings.filter(({ status }) => status !== 'ok') }
}

describe('lynkr doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    const { code, ok, findings, wrong } = await examine()

    expect({ code, ok, wrong }).toEqual({ code: 0, ok: true, wrong: [] })
    expect([...new Set(findings.map(({ check }) => check))]).toEqual([
      'configuration',
      'port',
      'keys',
      'providers',
      'clock',
      'store',
      'docker',
      'limits',
    ])
  })

  test('names everything that is wrong with the configuration, and ends with 2', async () => {
    const { code, wrong } = await examine({ HOST: '0.0.0.0', LOG_LEVEL: 'loud' })

    expect(code).toBe(2)
    expect(wrong.map(({ check, status }) => [check, status])).toEqual([['configuration', 'problem']])
    expect(wrong[0]?.fix).not.toBeNull()
  })

  test('tells that clients need a key as soon as one was made', async () => {
    using own = openLynkrCli({ ANTHROPIC_API_KEY: 'sk-ant-of-the-test', ANTHROPIC_API_BASE: simulator.url })
    const keysOf = async () =>
      (await own.run(['doctor'])).out.split('\n').filter((line) => line.includes('clients need'))

    const before = await keysOf()
    const { error } = await own.run(['keys', 'create', 'laptop'])
    const after = await keysOf()

    expect(before[0]).toContain('clients need no key')
    expect(error).toContain('from now on clients must show a key')
    expect(after[0]).toContain('clients need a key: 1 made with `lynkr keys create`')
  })

  test('a port that another program has is a problem, one that lynkr has is not', async () => {
    using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('other') })
    using own = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ status: 'ok', pid: 1 }) })

    const taken = await examine({ PORT: `${other.port}` })
    const running = await examine({ PORT: `${own.port}` })

    expect(taken).toMatchObject({ code: 1, wrong: [{ check: 'port', fix: expect.stringContaining('Set PORT') }] })
    expect(running).toMatchObject({ code: 0, wrong: [] })
  })

  test('a provider that cannot be reached through a proxy is no reason to forget the proxy', async () => {
    const { wrong } = await examine({
      HTTPS_PROXY: 'http://127.0.0.1:1',
      ANTHROPIC_API_BASE: 'https://provider.invalid',
    })

    expect(wrong).toMatchObject([{ check: 'providers', fix: expect.stringContaining('HTTPS_PROXY') }])
  })

  test('stores that do not answer are problems, each with its variable', async () => {
    const { code, wrong } = await examine({
      DATABASE_URL: 'postgres://127.0.0.1:1/lynkr',
      REDIS_URL: 'redis://127.0.0.1:1',
    })

    expect(code).toBe(1)
    expect(wrong.map(({ check, fix }) => [check, fix?.match(/[A-Z]+_URL/)?.[0]])).toEqual([
      ['store', 'DATABASE_URL'],
      ['store', 'REDIS_URL'],
    ])
  })

  test('a file where the data folder should be is a problem', async () => {
    const file = join(cli.home, 'a-file')
    writeFileSync(file, '')

    expect(await examine({ LYNKR_DATA_DIR: join(file, 'data') })).toMatchObject({
      code: 1,
      wrong: [{ check: 'store' }],
    })
  })

  test('what to do about a database file depends on what is wrong with it', async () => {
    const dataDir = join(cli.home, 'books')
    const path = join(dataDir, 'lynkr.db')
    const fixOf = async () =>
      (await examine({ LYNKR_DATA_DIR: dataDir })).wrong.map(({ check, fix }) => `${check}: ${fix}`)
    await examine({ LYNKR_DATA_DIR: dataDir })
    const database = new Database(path)
    database.run('pragma user_version = 999')
    database.close()

    const newer = await fixOf()
    writeFileSync(path, 'no database, but long enough to be one'.repeat(1_000))
    const damaged = await fixOf()

    expect(newer).toEqual([expect.stringContaining('Install the newer lynkr')])
    expect(damaged).toEqual([expect.stringContaining('backup')])
  })

  test('a database of an older lynkr is left to the one that runs', async () => {
    const dataDir = join(cli.home, 'older')
    const path = join(dataDir, 'lynkr.db')
    await examine({ LYNKR_DATA_DIR: dataDir })
    using database = new Database(path)
    database.run('pragma user_version = 2')

    const { findings, ok } = await examine({ LYNKR_DATA_DIR: dataDir })

    expect(ok).toBe(true)
    expect(findings).toContainEqual(expect.objectContaining({ finding: expect.stringContaining('an older lynkr') }))
    expect(database.query('pragma user_version').values()).toEqual([[2]])
  })

  test('a damaged part of the database file is found, though nothing has asked for it yet', async () => {
    const dataDir = join(cli.home, 'damaged')
    const path = join(dataDir, 'lynkr.db')
    await examine({ LYNKR_DATA_DIR: dataDir })
    const database = new Database(path)
    const page = database.query<{ rootpage: number }, []>("select rootpage from sqlite_schema where name = 'usage_row'")
    const at = ((page.get()?.rootpage ?? 0) - 1) * 4096
    database.close()
    const bytes = readFileSync(path).fill(0xff, at, at + 4096)
    writeFileSync(path, bytes)

    const { code, wrong } = await examine({ LYNKR_DATA_DIR: dataDir })

    expect({ code, wrong }).toMatchObject({
      code: 1,
      wrong: [
        { check: 'store', finding: expect.stringContaining('is damaged'), fix: expect.stringContaining('backup') },
      ],
    })
  })

  test('an admin key and a lynkr.yaml with a key that others can read are told', async () => {
    const folder = join(cli.home, 'open')
    mkdirSync(folder)
    const config = join(folder, 'lynkr.yaml')
    writeFileSync(config, `providers:\n  anthropic:\n    key: sk-ant-x\n    base: ${simulator.url}\n`)
    writeFileSync(join(folder, 'admin.key'), 'x'.repeat(40))
    for (const name of ['lynkr.yaml', 'admin.key']) chmodSync(join(folder, name), 0o644)

    const { wrong } = await examine({ LYNKR_CONFIG: config, LYNKR_DATA_DIR: folder })

    expect(wrong).toMatchObject([
      { check: 'keys', status: 'problem', fix: expect.stringContaining('chmod 600') },
      { check: 'keys', status: 'warning', fix: `chmod 600 ${config}` },
    ])
  })

  test('commands without an engine are a problem', async () => {
    const config = join(cli.home, 'commands.yaml')
    writeFileSync(config, 'commands:\n  list:\n    description: lists\n    argv: [ls]\n    callers: [cli]\n')

    const { code, wrong } = await examine({ LYNKR_CONFIG: config, LYNKR_SANDBOX_CLIENT: '/nowhere/docker' })

    expect({ code, wrong }).toMatchObject({ code: 1, wrong: [{ check: 'docker', status: 'problem' }] })
  })

  test('colours are for terminals, and not for those who said no', async () => {
    const run = async (env: Record<string, string>): Promise<string> => {
      const terminal = openTerminal([...cli.command, 'doctor'], { env: { ...cli.env, ...env }, cols: 40 })
      await terminal.exited
      return terminal.raw()
    }

    expect(await run({})).toContain('\x1b[32mok')
    expect(await run({ NO_COLOR: '1' })).not.toContain('\x1b[')
    expect((await cli.run(['doctor'])).out).not.toContain('\x1b[')
  })
})
