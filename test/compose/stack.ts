import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { DEFAULT_IMAGE } from '../../src/sandbox/images.ts'
import { build, LOCAL, makeLocalImages, must } from '../image/local-images.ts'
import { installPrograms } from '../support/debian.ts'
import { openTestEngine } from '../support/docker.ts'
import { eventually } from '../support/eventually.ts'
import { UNHURRIED, WORKERS } from '../support/server-process.ts'

/**
 * `bun run test:compose`: what `docker-compose.yml` declares, run together: lynkr, PostgreSQL and Redis, each in a
 * container, on one loopback that is all the network they have, with the names, addresses and hardening of the file. lynkr's image is built
 * from the Dockerfile; the servers are this machine's Debian packages, for no image can be pulled here.
 */
setDefaultTimeout(300_000)

const opened = await openTestEngine()
if (opened === null) throw new Error('the stack needs a docker engine: install docker.io and busybox-static')
const { engine } = opened
await installPrograms(['redis-server'], ['redis-server'])

const PREFIX = 'lynkr-test-compose'
const IMAGE = 'lynkr-test:compose'
/** Ports of the two lynkrs, which share one loopback. */
const PORTS = { lynkr: 8080, second: 8081 } as const
const NAMES = ['lynkr', 'second', 'postgres', 'redis', 'simulator'] as const
type Name = (typeof NAMES)[number]
/** Containers that join another's network have its hosts file too. */
const HOSTS = NAMES.flatMap((name) => ['--add-host', `${name}:127.0.0.1`])
const START_MS_MAX = 120_000
const KEY = 'a-key-of-at-least-22-characters'
const PASSWORD = 'a-password-of-the-test'
const { services } = JSON.parse(JSON.stringify(Bun.YAML.parse(await Bun.file('docker-compose.yml').text())))

/** What the image `postgres` does at its first start, with the programs of Debian's package. */
const START_POSTGRES = `
  PATH=/usr/lib/postgresql/15/bin:$PATH
  echo ${PASSWORD} > /tmp/password
  initdb -D /tmp/pg -U lynkr -A scram-sha-256 --pwfile /tmp/password -E UTF8 >/dev/null
  echo 'host all all all scram-sha-256' >> /tmp/pg/pg_hba.conf
  echo 'create database lynkr' | postgres --single -D /tmp/pg postgres >/dev/null
  exec postgres -D /tmp/pg -h 0.0.0.0 -k /tmp`

beforeAll(async () => {
  await makeLocalImages(engine)
  const args = Object.entries(LOCAL).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`])
  await build(engine, IMAGE, ['.', ...args])
  await start('simulator', [IMAGE, 'simulate', '--port', '9000'], ['--network', 'none', ...HOSTS])
  await startHostProgram('redis', ['redis-server', '--protected-mode', 'no', ...services.redis.command.slice(1)])
  const postgresId = Bun.spawnSync(['id', '-u', 'postgres']).stdout.toString().trim()
  await startHostProgram('postgres', ['sh', '-euc', START_POSTGRES], ['--user', postgresId])
  await eventually(
    async () => (await inside('postgres', '/usr/bin/pg_isready', '-h', '127.0.0.1')).exitCode === 0,
    START_MS_MAX,
  )
  for (const name of ['lynkr', 'second'] as const) await startLynkr(name)
})

afterAll(async () => {
  await engine.ask(['rm', '--force', '--volumes', ...NAMES.map(container)])
})

test('two lynkrs keep one set of books in PostgreSQL, and say that they are ready', async () => {
  const answers = [await ask('lynkr'), await ask('second')]
  const ready = await wget('http://lynkr:8080/health/ready')
  const usage = async (): Promise<string> =>
    await must(engine, ['exec', container('lynkr'), '/usr/bin/lynkr', 'usage', '--json'])
  await eventually(async () => (await usage()).includes('"requests": 2'))

  expect(answers.map((answer) => answer.includes('"stop_reason":"end_turn"'))).toEqual([true, true])
  expect(JSON.parse(ready)).toMatchObject({ status: 'ready', database: { healthy: true } })
})

test('both are asked for their health as the file says, and find it', async () => {
  for (const name of ['lynkr', 'second'] as const) {
    expect((await inside(name, '/usr/bin/lynkr', 'healthcheck', '--ready')).exitCode).toBe(0)
  }
})

test('doctor finds PostgreSQL and Redis by the addresses of the file', async () => {
  const { stdout } = await inside('lynkr', '/usr/bin/lynkr', 'doctor')

  expect(stdout).toContain('PostgreSQL of DATABASE_URL; the books balance')
  expect(stdout).toContain('Redis of REDIS_URL answers')
})

test('docker stop drains both to exit code 0', async () => {
  await must(engine, ['stop', '--time', '45', container('lynkr'), container('second')])

  for (const name of ['lynkr', 'second'] as const) {
    expect(await must(engine, ['inspect', '--format', '{{.State.ExitCode}}', container(name)])).toBe('0')
  }
})

function container(name: Name): string {
  return `${PREFIX}-${name}`
}

const JOINED = ['--network', `container:${PREFIX}-simulator`]

function start(name: Name, command: readonly string[], flags: readonly string[] = JOINED): Promise<string> {
  return must(engine, ['run', '--detach', '--name', container(name), ...flags, ...command])
}

/** The base image with this machine's programs and users mounted, read-only. */
function startHostProgram(name: Name, command: readonly string[], flags: readonly string[] = []): Promise<string> {
  const mounts = ['/usr', '/etc/passwd', '/etc/group'].flatMap((path) => ['--volume', `${path}:${path}:ro`])
  return start(name, [LOCAL.BASE, ...command], [...JOINED, ...mounts, '--tmpfs', '/tmp:mode=1777', ...flags])
}

/** The environment and the hardening of the file; the simulator in the place of a provider. */
async function startLynkr(name: keyof typeof PORTS): Promise<void> {
  const { environment, read_only, cap_drop, security_opt } = services.lynkr
  const values: Record<string, string> = {
    LYNKR_API_KEYS: KEY,
    PORT: `${PORTS[name]}`,
    DATABASE_URL: String(environment.DATABASE_URL).replace(/\$\{POSTGRES_PASSWORD[^}]*\}/, PASSWORD),
    REDIS_URL: String(environment.REDIS_URL),
    CUSTOM_API_BASE: 'http://simulator:9000',
    CUSTOM_API_KEY: 'any',
    ...UNHURRIED,
    ...WORKERS,
  }
  const hardening = [
    ...(read_only === true ? ['--read-only'] : []),
    ...[cap_drop].flat().flatMap((value) => ['--cap-drop', String(value)]),
    ...[security_opt].flat().flatMap((value) => ['--security-opt', String(value)]),
  ]
  const variables = Object.entries(values).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  await start(name, [IMAGE], [...JOINED, ...hardening, ...variables])
  try {
    await eventually(async () => (await inside(name, '/usr/bin/lynkr', 'healthcheck')).exitCode === 0, START_MS_MAX)
  } catch (cause) {
    const { stdout, stderr } = await engine.ask(['logs', container(name)])
    throw new Error(`${name} did not start:\n${stdout}${stderr}`, { cause })
  }
}

function inside(name: Name, ...command: string[]) {
  return engine.ask(['exec', container(name), ...command])
}

function ask(name: keyof typeof PORTS): Promise<string> {
  const body = JSON.stringify({ model: 'claude-x', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] })
  const headers = [`authorization: Bearer ${KEY}`, 'content-type: application/json']
  return wget(
    `http://${name}:${PORTS[name]}/v1/messages`,
    ...headers.flatMap((header) => ['--header', header]),
    '--post-data',
    body,
  )
}

/** From a container of its own, for the image has nothing to ask with. */
function wget(url: string, ...flags: string[]): Promise<string> {
  const command = [DEFAULT_IMAGE, '/bin/busybox', 'wget', '-q', '-O', '-', ...flags, url]
  return must(engine, ['run', '--rm', ...JOINED, ...command])
}
