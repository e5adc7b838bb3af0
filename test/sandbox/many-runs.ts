import { readdirSync, readFileSync } from 'node:fs'
import { openCommandState } from '../support/command-state.ts'
import { openTestEngine, type TestEngine } from '../support/docker.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'
import { openTally } from '../support/tally.ts'

/**
 * `bun run test:sandbox-runs [--full]`: many runs through a serving lynkr, and many lynkrs killed with -9 while commands
 * run, leave no container, no process and no file. 60 runs and 3 kills; with `--full` 1,000 and 50.
 */
const { runs, kills } = process.argv.includes('--full') ? { runs: 1_000, kills: 50 } : { runs: 60, kills: 3 }
const AT_ONCE = 4
/** So many calls reach every worker, where there are several. */
const WARM_UPS = process.env.LYNKR_WORKERS === undefined ? 1 : 12
/** A limit for what never goes. */
const GONE_WITHIN_MS = 120_000
const LIFE_SIGN = /\/sandbox\/alive\/[0-9a-f]+$/

const COMMANDS = `
wait: { description: Waits., argv: [sleep, "300"], callers: ["*"] }
late: { description: Is late., argv: [sleep, "300"], limits: { timeoutMs: 1000 }, callers: ["*"] }
flood: { description: Floods., argv: ["yes"], limits: { outputBytes: 1024 }, callers: ["*"] }
`

const docker = await openTestEngine()
if (docker === null) process.exit(0)
const tally = openTally()
await measure(docker)
tally.finish()

async function measure(docker: TestEngine): Promise<void> {
  using state = openCommandState(docker, COMMANDS)
  Bun.spawnSync([...lynkrCommand(), 'sandbox', 'build'], { env: { ...state.env } })
  let lynkr = await start(state.env)
  const call = (name: string, values: object, signal?: AbortSignal): Promise<number> =>
    fetch(`${lynkr.url}/v1/commands/${name}`, {
      method: 'POST',
      headers: { 'x-api-key': state.adminKey(), 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(values),
      signal: signal ?? null,
    }).then(
      (response) => response.arrayBuffer().then(() => response.status),
      () => 0,
    )
  const kinds = [
    () => call('search', { pattern: 'needle' }),
    () => call('read', { file: 'notes.txt' }),
    () => call('flood', {}),
    (i: number) => (i % 20 === 3 ? call('late', {}) : call('wait', {}, AbortSignal.timeout(300))),
  ]

  for (let i = 0; i < WARM_UPS; i++) await call('read', { file: 'notes.txt' })
  const before = { files: filesIn(state.folder), handles: handlesOf(lynkr.pid) }
  const statuses = new Map<number, number>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < runs; i = next++) {
      const status = (await kinds[i % kinds.length]?.(i)) ?? -1
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  // Sockets of clients that have their answer close a moment later; a handle that stays is one that leaks.
  const handlesMax = before.handles + AT_ONCE
  const left = (): readonly string[] => newFiles(before.files, filesIn(state.folder), serversOf(lynkr.pid).length)
  await until(async () => (await containers(docker)) === 0 && handlesOf(lynkr.pid) <= handlesMax && left().length === 0)
  const handles = handlesOf(lynkr.pid)
  console.log(`answers by status (0: the client went away): ${JSON.stringify(Object.fromEntries(statuses))}`)
  report(`${runs} runs`, {
    containers: await containers(docker),
    processes: clientsOf(state.env.DOCKER_HOST ?? ''),
    files: told(left()),
    handles: Math.max(0, handles - handlesMax),
  })

  for (let i = 0; i < kills; i++) {
    const waiting = Array.from({ length: AT_ONCE }, () => call('wait', {}))
    await until(async () => (await containers(docker)) === AT_ONCE)
    for (const pid of new Set([lynkr.pid, ...serversOf(lynkr.pid)])) process.kill(pid, 'SIGKILL')
    await Promise.all(waiting)
    lynkr = await start(state.env)
    await until(async () => (await containers(docker)) === 0 && clientsOf(state.env.DOCKER_HOST ?? '') === 0)
  }
  await until(async () => left().length === 0)
  report(`${kills} kill -9, ${AT_ONCE} commands running at each`, {
    containers: await containers(docker),
    processes: clientsOf(state.env.DOCKER_HOST ?? ''),
    files: told(left()),
  })
  const audit = Bun.spawnSync([...lynkrCommand(), 'audit', 'verify'], { env: { ...state.env } })
  tally.check('the audit chain holds after all that', { 'lynkr audit verify says so': audit.success })
  await lynkr.stop()
}

function report(name: string, left: Readonly<Record<string, number>>): void {
  console.log(
    `${name} left: ${Object.entries(left)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')}`,
  )
  tally.check(name, Object.fromEntries(Object.entries(left).map(([what, count]) => [`no ${what} left`, count === 0])))
}

async function start(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const port = await freePort()
  return startServer([...lynkrCommand(), 'serve'], {
    port,
    env: { ...env, PORT: `${port}` },
    readyPath: '/health/live',
  })
}

async function containers({ engine }: TestEngine): Promise<number> {
  const { stdout } = await engine.ask(['ps', '--all', '--quiet', '--filter', 'label=io.lynkr.sandbox'])
  return stdout.split('\n').filter(Boolean).length
}

/** Docker clients of this engine that wait for a container. */
function clientsOf(host: string): number {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isClient(pid, host)).length
}

function isClient(pid: string, host: string): boolean {
  try {
    const isRun = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('io.lynkr.sandbox=')
    return isRun && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(host)
  } catch {
    return false
  }
}

function filesIn(folder: string): ReadonlySet<string> {
  return new Set(readdirSync(folder, { recursive: true }).map(String))
}

/** What is there that was not. Each process that serves has one sign of its life, of another name than the one before it. */
function newFiles(before: ReadonlySet<string>, after: ReadonlySet<string>, servers: number): readonly string[] {
  const signs = [...after].filter((name) => LIFE_SIGN.test(name))
  return [...after].filter((name) => !before.has(name) && !LIFE_SIGN.test(name)).concat(signs.slice(servers))
}

/** How many they are; their names are printed. */
function told(left: readonly string[]): number {
  if (left.length > 0) console.log(`left behind: ${left.join(', ')}`)
  return left.length
}

function handlesOf(pid: number): number {
  return serversOf(pid).reduce((sum, one) => sum + readdirSync(`/proc/${one}/fd`).length, 0)
}

/** The processes that serve: the workers of a supervisor, or the one that was started. */
function serversOf(pid: number): readonly number[] {
  const workers = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isWorker(name, pid))
    .map(Number)
  return workers.length > 0 ? workers : [pid]
}

function isWorker(pid: string, supervisor: number): boolean {
  try {
    const isServer = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('serve')
    return isServer && readFileSync(`/proc/${pid}/status`, 'utf8').includes(`PPid:\t${supervisor}\n`)
  } catch {
    return false
  }
}

/** Looks until it is so, or the time is over: then the claim that follows fails. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + GONE_WITHIN_MS
  while (!(await isSo()) && performance.now() < deadline) await Bun.sleep(50)
}
