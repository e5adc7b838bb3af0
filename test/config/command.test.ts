import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const SECRET = 'sk-this-must-never-be-printed'
const MAIN = resolve('src/main.ts')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-config-'))
  mkdirSync(join(folder, 'xdg', 'lynkr'), { recursive: true })
  writeFileSync(join(folder, 'xdg', 'lynkr', 'lynkr.yaml'), 'port: 1001\n')
  writeFileSync(
    join(folder, 'good.yaml'),
    `port: 1002\nproviders:\n  openai: { key: ${SECRET}, headers: { x-gateway-token: ${SECRET}, x-team: blue } }\n`,
  )
  writeFileSync(join(folder, 'bad.yaml'), 'port: 1003\nprot: 1\nproviders:\n  opneai:\n')
  writeFileSync(join(folder, 'lynkr.yaml'), 'port: 1004\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `lynkr config …` in a folder that holds a `lynkr.yaml` of its own, with this environment alone. */
async function config(words: readonly string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, MAIN, 'config', ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

test('config check says that a good file is right, and what lynkr would do', async () => {
  const { out, err, code } = await config(['check', 'good.yaml'])

  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('good.yaml is right: 1 provider, everything unclaimed goes to openai')
})

test('config check lists everything that is wrong with a bad one, and exits with 2', async () => {
  const { out, err, code } = await config(['check', 'bad.yaml'])

  expect([code, out]).toEqual([2, ''])
  expect(err).toContain('bad.yaml:2 prot: is not a setting; did you mean port?')
  expect(err).toContain('bad.yaml:4 providers.opneai: there is no provider "opneai" (did you mean openai?)')
})

test('config print shows what is in force and no secret', async () => {
  const env = { LYNKR_API_KEYS: `${SECRET}-long-enough`, OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}` }
  const { out, code } = await config(['print', 'good.yaml'], env)

  expect(code).toBe(0)
  expect(out).toContain('port: 1002')
  expect(out).toContain('https://api.openai.com')
  expect(out).toContain('x-team: blue')
  expect(out).not.toContain(SECRET)
})

test('config schema prints a JSON Schema that knows every section', async () => {
  const { out, code } = await config(['schema'])

  expect(code).toBe(0)
  expect(Object.keys(JSON.parse(out).properties)).toEqual(
    expect.arrayContaining(['port', 'providers', 'models', 'routes']),
  )
})

test('the file is LYNKR_CONFIG, else in the XDG folder; never in the current one', async () => {
  const xdg = { XDG_CONFIG_HOME: join(folder, 'xdg') }

  const named = await config(['print'], { ...xdg, LYNKR_CONFIG: join(folder, 'good.yaml') })
  const found = await config(['print'], xdg)
  const none = await config(['print'])

  expect([named, found, none].map(({ out }) => /^port: (\d+)$/m.exec(out)?.[1])).toEqual(['1002', '1001', '8080'])
})

test('a LYNKR_CONFIG that cannot be read is an error, not a default', async () => {
  const missing = await config(['check'], { LYNKR_CONFIG: join(folder, 'missing.yaml') })
  const directory = await config(['check'], { LYNKR_CONFIG: folder })

  expect([missing.code, directory.code]).toEqual([2, 2])
  expect(missing.err).toContain('missing.yaml: cannot be read')
})

test('without HOME, as services of the system start, state lies in the home of the account and not where others may write', async () => {
  const { HOME: _, XDG_DATA_HOME: __, ...withoutHome } = process.env
  const env = { ...withoutHome, LYNKR_DATA_DIR: '' }
  const print = Bun.spawn([process.execPath, MAIN, 'config', 'print', '--json', 'good.yaml'], { cwd: folder, env })
  const account = Bun.spawn([process.execPath, '-p', 'require("node:os").homedir()'], { env })

  const { dataDir } = JSON.parse(await print.stdout.text())

  expect(dataDir).toBe(join((await account.stdout.text()).trim(), '.local/share/lynkr'))
})
