import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { parseExposition } from '../support/exposition-parser.ts'
import { HELLO } from '../support/proxy.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

const WORKERS = 2
/** Longer than a store is given for what waits to be written when lynkr ends. */
const HELD_UP_MS = 4_000
const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]
const ENDLESS = { blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } } as const
let folder = ''
let simulator: Simulator
let started = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-workers-'))
  simulator = await startSimulator({ requestsKept: 100_000 })
})

afterAll(async () => {
  await simulator.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('the metrics of any worker are those of all: as many requests and tokens as the upstream has seen', async () => {
  await using lynkr = await start()

  await Promise.all(Array.from({ length: 60 }, () => ask(lynkr)))

  const pages = await Promise.all(Array.from({ length: 8 }, () => scrape(lynkr)))
  const seen = simulator.requests().filter(({ path }) => path === '/v1/messages').length
  expect(seen).toBe(60)
  const served = pages.map((page) => page('http_requests_total') - page('http_requests_rejected_total'))
  expect(served).toEqual(Array(8).fill(60))
  expect(pages.map((page) => page('lynkr_upstream_attempts_total'))).toEqual(Array(8).fill(60))
  expect(new Set(pages.map((page) => page('tokens_output_total'))).size).toBe(1)
  expect(await serving(lynkr)).toHaveLength(WORKERS)
}, 180_000)

test('a worker that is killed under traffic fails its own requests alone, and another takes its place', async () => {
  await using lynkr = await start()
  const statuses: number[] = []
  let isOver = false
  const traffic = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isOver) statuses.push(await ask(lynkr))
    }),
  )
  await eventually(async () => statuses.length > 50)
  const [victim = 0, other = 0] = workersOf(lynkr)

  process.kill(victim, 'SIGKILL')
  await eventually(async () => {
    const now = workersOf(lynkr)
    return now.length === WORKERS && !now.includes(victim) && (await ready(lynkr)).includes('2 of 2')
  })
  isOver = true
  await traffic

  // Of each client the one under way, and the next if it knocked before the system had taken the port from the dead.
  const failed = statuses.filter((status) => status !== 200).length
  expect(failed).toBeLessThanOrEqual(16)
  expect(workersOf(lynkr)).toContain(other)
  expect(statuses.slice(-8)).toEqual(Array(8).fill(200))
}, 180_000)

test('what a killed worker had settled stays in the ledger, and the books balance', async () => {
  await using lynkr = await start({}, BUDGET)
  await Promise.all(Array.from({ length: 40 }, () => ask(lynkr)))
  const before = await scrape(lynkr)
  const billed = before('cost_total')

  for (const pid of workersOf(lynkr)) process.kill(pid, 'SIGKILL')
  await eventually(async () => (await ready(lynkr)).includes('2 of 2'))
  const key = readFileSync(join(lynkr.data, 'admin.key'), 'utf8').trim()
  const admin = async (path: string) =>
    (await fetch(`${lynkr.server.url}${path}`, { headers: { authorization: `Bearer ${key}` } })).text()
  const verdict = JSON.parse(await admin('/admin/ledger/verify'))
  const [{ spent, held }] = JSON.parse(await admin('/admin/ledger')).data

  expect(billed).toBeGreaterThan(0)
  expect(verdict).toEqual({ ok: true, differences: [] })
  expect((spent + held) / 1e6).toBeGreaterThanOrEqual(billed)
  const after = await scrape(lynkr)
  expect(after('http_requests_total')).toBeGreaterThanOrEqual(before('http_requests_total'))
}, 180_000)

test('SIGTERM ends the streams of every worker properly, and the exit code is 0', async () => {
  await using lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '2000' })
  simulator.setDefault(ENDLESS)
  const streams = await Promise.all(Array.from({ length: 40 }, () => openStream(lynkr)))

  process.kill(lynkr.server.pid, 'SIGTERM')
  const texts = await Promise.all(streams)

  expect(await lynkr.server.exited).toBe(0)
  for (const text of texts) expect((await text.whole).trimEnd().split('\n\n').at(-1)).toContain('event: error')
}, 180_000)

test('SIGTERM leaves streams the time that the configuration gives them by then', async () => {
  const timeout = (ms: number) => `gracefulShutdownTimeoutMs: ${ms}\n${BUDGET}`
  await using lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '' }, timeout(1_000))
  writeFileSync(`${lynkr.data}.yaml`, timeout(7_000))
  await eventually(async () => (await reloads(lynkr)).includes('{result="applied"} 1'))
  simulator.setDefault(ENDLESS)
  const stream = await openStream(lynkr)

  process.kill(lynkr.server.pid, 'SIGTERM')
  const text = await stream.whole

  expect(await lynkr.server.exited).toBe(0)
  expect(text.trimEnd().split('\n\n').at(-1)).toContain('event: error')
}, 180_000)

test('workers that are held up for seconds beyond their time end as they should, and are not killed', async () => {
  await using lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '600' })
  const workers = workersOf(lynkr)
  for (const pid of workers) process.kill(pid, 'SIGSTOP')

  process.kill(lynkr.server.pid, 'SIGTERM')
  // The stop is the fault itself: what one process takes to write what it knows to a slow store, nobody cuts short.
  await Bun.sleep(HELD_UP_MS)
  for (const pid of workers) if (isAlive(pid)) process.kill(pid, 'SIGCONT')

  expect(await lynkr.server.exited).toBe(0)
}, 180_000)

test('a second signal ends supervisor and workers at once', async () => {
  await using lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '600000' })
  simulator.setDefault(ENDLESS)
  await openStream(lynkr)
  const workers = workersOf(lynkr)

  process.kill(lynkr.server.pid, 'SIGTERM')
  await eventually(async () => lynkr.server.output().includes('shutting down the workers'))
  process.kill(lynkr.server.pid, 'SIGTERM')

  expect(await lynkr.server.exited).toBe(1)
  await eventually(async () => workers.every((pid) => !isAlive(pid)))
}, 180_000)

test('workers whose supervisor is killed end by themselves', async () => {
  await using lynkr = await start()
  const workers = workersOf(lynkr)

  process.kill(lynkr.server.pid, 'SIGKILL')

  await eventually(async () => workers.every((pid) => !isAlive(pid)))
}, 180_000)

test('SIGHUP replaces every worker while it serves, and fails no request that a worker has taken', async () => {
  await using lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '6000' })
  const before = workersOf(lynkr)
  const asked = () => simulator.requests().filter(({ path }) => path === '/v1/messages').length
  simulator.clear()
  const statuses: number[] = []
  const unready: string[] = []
  let isOver = false
  const traffic = Promise.all([
    ...Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.push(await ask(lynkr))
    }),
    (async () => {
      while (!isOver) {
        const text = await ready(lynkr)
        if (text.includes('"unready"')) unready.push(text)
      }
    })(),
  ])
  await eventually(async () => statuses.length > 10)

  process.kill(lynkr.server.pid, 'SIGHUP')
  await eventually(async () => before.every((pid) => !isAlive(pid)))
  isOver = true
  await traffic

  // 0: the kernel reset a connection in the queue of the worker that went, before anybody had taken it (ADR 13).
  const answered = statuses.filter((status) => status !== 0)
  expect(answered.filter((status) => status !== 200)).toEqual([])
  expect(answered).toHaveLength(asked())
  expect(unready).toEqual([])
  expect(workersOf(lynkr)).toHaveLength(WORKERS)
}, 180_000)

test('a breaker that one worker has opened is shown by all, and a reset reaches it', async () => {
  await using lynkr = await start({ CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1' })
  simulator.setDefault({ status: 500 })
  for (let i = 0; i < 12; i++) await ask(lynkr)
  const states = await Promise.all(Array.from({ length: 6 }, () => breakers(lynkr)))
  simulator.setDefault()

  const key = readFileSync(join(lynkr.data, 'admin.key'), 'utf8').trim()
  const reset = await fetch(`${lynkr.server.url}/admin/circuit-breakers/custom/reset`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  })
  await eventually(async () => (await breakers(lynkr)).every((state) => state === 'closed'))

  expect(states).toEqual(Array(6).fill(['open']))
  expect(reset.status).toBe(200)
  expect(await Promise.all(Array.from({ length: 12 }, () => ask(lynkr)))).toEqual(Array(12).fill(200))
}, 180_000)

test('what one worker has answered holds at all: a key that was revoked opens none, a login is known to each', async () => {
  await using lynkr = await start({ LYNKR_REQUIRE_KEYS: 'true' })
  const adminKey = readFileSync(join(lynkr.data, 'admin.key'), 'utf8').trim()
  const call = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${lynkr.server.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...FRESH, ...headers },
      body: method === 'GET' ? null : JSON.stringify(body),
    })
  const admin = { authorization: `Bearer ${adminKey}` }
  const late: string[] = []

  for (let i = 0; i < 40; i++) {
    const { id, secret } = JSON.parse(await (await call('POST', '/admin/keys', { name: `key ${i}` }, admin)).text())
    const ask = async () => (await call('GET', '/v1/models', null, { 'x-api-key': secret })).status
    await Promise.all(Array.from({ length: 4 }, ask))
    await (await call('DELETE', `/admin/keys/${id}`, null, admin)).text()
    if ((await ask()) !== 401) late.push('a key')
    const login = await call('POST', '/dashboard/login', { key: adminKey })
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
    const session = await (await call('GET', '/dashboard/session', null, { cookie })).text()
    if (!session.includes('true')) late.push(session)
  }

  expect(late).toEqual([])
}, 180_000)

test('`lynkr drain` makes every worker unready', async () => {
  await using lynkr = await start()
  const { pid } = JSON.parse(await (await fetch(`${lynkr.server.url}/health/live`)).text())
  expect(pid).toBe(lynkr.server.pid)

  process.kill(pid, 'SIGUSR1')

  await eventually(async () => (await ready(lynkr)).includes('"unready"'))
  const answers = await Promise.all(Array.from({ length: 8 }, () => ready(lynkr)))
  expect(answers.every((text) => text.includes('"unready"'))).toBeTrue()
}, 180_000)

test.each([
  ['gone', (file: string) => rmSync(file)],
  ['wrong', (file: string) => writeFileSync(file, 'routes: 1')],
])(
  'a configuration that is %s is counted and replaces nobody, and a worker that ends starts with the one before',
  async (_, spoil) => {
    await using lynkr = await start({}, BUDGET)
    const before = workersOf(lynkr)

    spoil(`${lynkr.data}.yaml`)
    await eventually(async () => (await reloads(lynkr)).includes('{result="rejected"} 1'))
    process.kill(before[0] ?? 0, 'SIGKILL')
    await eventually(async () => lynkr.server.output().includes('a worker ended unasked'))
    await eventually(async () => (await ready(lynkr)).includes('2 of 2'))

    expect(workersOf(lynkr)).not.toContain(before[0] ?? 0)
  },
  180_000,
)

test('a configuration that every worker took over is counted once', async () => {
  await using lynkr = await start({}, BUDGET)

  process.kill(lynkr.server.pid, 'SIGHUP')

  await eventually(async () => (await reloads(lynkr)).includes('{result="applied"} 1'))
}, 180_000)

test('the address stays until the next start, whatever the file says by then', async () => {
  await using lynkr = await start({ LYNKR_API_KEYS: 'a-key-of-at-least-22-chars' }, `host: 127.0.0.1\n${BUDGET}`)

  writeFileSync(`${lynkr.data}.yaml`, `host: 127.0.0.2\n${BUDGET}`)
  await eventually(async () => lynkr.server.output().includes('every worker was replaced'))

  // By the new address those that have replaced them would not be reached any more.
  await eventually(async () => (await ask(lynkr)) === 401)
}, 180_000)

test('a port that another program holds is not shared with it', async () => {
  await using lynkr = await start()

  const second = Bun.spawn([...lynkrCommand(), 'serve', '--workers', '2'], {
    env: { ...lynkr.env, LYNKR_DATA_DIR: join(folder, 'other') },
    stdout: 'ignore',
    stderr: 'pipe',
  })

  expect(await second.exited).toBe(1)
  expect(await new Response(second.stderr).text()).toContain('cannot listen')
}, 180_000)

const BUDGET = `budgets:\n  - { scope: global, window: month, usd: 100 }\nprices:\n  ceiling: { input: 1, output: 2 }\n`

interface Lynkr extends AsyncDisposable {
  readonly server: ServerProcess
  readonly data: string
  readonly env: Readonly<Record<string, string>>
}

async function start(env: Record<string, string> = {}, config = ''): Promise<Lynkr> {
  simulator.clear()
  const data = join(folder, `data-${started++}`)
  const port = await freePort()
  const file = `${data}.yaml`
  writeFileSync(file, config)
  const whole = {
    PATH: process.env.PATH ?? '',
    PORT: `${port}`,
    HOME: folder,
    LYNKR_DATA_DIR: data,
    ...(config !== '' && { LYNKR_CONFIG: file }),
    LYNKR_WORKERS: `${WORKERS}`,
    MODEL_PROVIDER: 'custom',
    CUSTOM_API_BASE: simulator.url,
    CUSTOM_API_KEY: 'any',
    GRACEFUL_SHUTDOWN_TIMEOUT: '1000',
    ...env,
  }
  const server = await startServer([...lynkrCommand(), 'serve'], { port, env: whole, readyPath: '/health/ready' })
  const lynkr = { server, data, env: whole, [Symbol.asyncDispose]: async () => void (await server.stop()) }
  await eventually(async () => (await ready(lynkr)).includes('2 of 2'))
  return lynkr
}

/** A connection of its own for each, so that the kernel spreads them over the workers. */
const FRESH = { connection: 'close' }

/** A machine that is short of processors sheds, which is no failure of a worker: such a request is sent again. */
async function ask(lynkr: Lynkr, tries = 50): Promise<number> {
  const response = await fetch(`${lynkr.server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2', ...FRESH },
    body: JSON.stringify(HELLO),
  }).catch((): null => null)
  const text = await response?.text().catch((): null => null)
  const isShed = response?.status === 529 && text?.includes('lynkr is at its limit') === true
  return isShed && tries > 0 ? ask(lynkr, tries - 1) : (response?.status ?? 0)
}

async function ready({ server }: Lynkr): Promise<string> {
  const response = await fetch(`${server.url}/health/ready`, { headers: FRESH }).catch((): null => null)
  return (await response?.text().catch((): null => null)) ?? ''
}

async function scrape({ server }: Lynkr): Promise<(name: string) => number> {
  const text = await (await fetch(`${server.url}/metrics`, { headers: FRESH })).text()
  const families = parseExposition(text, 'text')
  return (name) => (families.get(name)?.samples ?? []).reduce((sum, { value }) => sum + value, 0)
}

async function reloads({ server }: Lynkr): Promise<string> {
  const response = await fetch(`${server.url}/metrics`, { headers: FRESH }).catch((): null => null)
  const text = (await response?.text().catch((): null => null)) ?? ''
  return text
    .split('\n')
    .filter((line) => line.startsWith('lynkr_config_reloads_total'))
    .join('\n')
}

async function breakers({ server }: Lynkr): Promise<readonly string[]> {
  const response = await fetch(`${server.url}/metrics/circuit-breakers`, { headers: FRESH })
  const json: { breakers: { state: string }[] } = JSON.parse(await response.text())
  return json.breakers.map(({ state }) => state)
}

/** Workers that have served a request, by the log. */
async function serving({ server }: Lynkr): Promise<readonly string[]> {
  await eventually(async () => server.output().split('"msg":"request"').length > 60)
  return [...new Set([...server.output().matchAll(/"pid":(\d+).*"msg":"request"/g)].map(([, pid]) => pid ?? ''))]
}

async function openStream({ server }: Lynkr): Promise<{ readonly whole: Promise<string> }> {
  const response = await fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2', ...FRESH },
    body: JSON.stringify({ ...HELLO, stream: true }),
  })
  return { whole: response.text().catch(() => '') }
}

function workersOf({ server }: Lynkr): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.parent === server.pid && isAlive(pid))
}

function isAlive(pid: number): boolean {
  const stat = statOf(pid)
  return stat !== null && stat.state !== 'Z'
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    const [state = '', parent = '0'] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')
    return { state, parent: Number(parent) }
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
