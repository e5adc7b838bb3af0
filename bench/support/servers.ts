import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../../test/support/server-process.ts'
import { NATIVE_PEERS } from '../peers/native.ts'
import { BENCH_KEY } from './request.ts'

/** Both proxies may have this many upstream requests open; Bun's own limit is 256. */
const UPSTREAM_REQUESTS_MAX = '4096'

/** One proxy of a run. */
export interface Contender {
  readonly name: string
  readonly server: ServerProcess
}

/** The processes of one benchmark run; every proxy stands in front of the same upstream. */
export interface Servers {
  readonly upstream: ServerProcess
  /** Everything switched on: a key, two budgets, breaker, shedder, metrics, access log, usage rows. */
  readonly lynkr: ServerProcess
  readonly bare: ServerProcess
  /** lynkr and the bare proxy among them. */
  readonly contenders: readonly Contender[]
  readonly stop: () => Promise<void>
}

export async function startServers(): Promise<Servers> {
  const upstream = await startUpstream()
  const command = pinned(lynkrCommand(), 0)
  const keys = { LYNKR_API_KEYS: BENCH_KEY }
  const lynkr = await startLynkr(command, upstream.url, { ...keys, LYNKR_CONFIG: budgetsFile() })
  const unbudgeted = await startLynkr(command, upstream.url, keys)
  const bare = await startBunProxy('bare-proxy', upstream.url)
  const bytes = await startBunProxy('bytes-proxy', upstream.url)
  const contenders = [
    { name: 'lynkr', server: lynkr },
    { name: 'lynkr, no budget', server: unbudgeted },
    { name: 'bare', server: bare },
    { name: 'bare, no parse', server: bytes },
    ...(await startNativePeers(upstream.port)),
  ]
  const stop = async (): Promise<void> => {
    await Promise.all(contenders.map(({ server }) => server.stop()))
    await upstream.stop()
  }
  return { upstream, lynkr, bare, contenders, stop }
}

/** Where there are two processors, the proxies have the first to themselves; generator and upstream share the other. */
function pinned(command: readonly string[], processor: 0 | 1): readonly string[] {
  return navigator.hardwareConcurrency >= 2 && Bun.which('taskset') !== null
    ? ['taskset', '-c', `${processor}`, ...command]
    : command
}

export async function startUpstream(): Promise<ServerProcess> {
  const port = await freePort()
  const command = pinned([process.execPath, 'bench/peers/upstream.ts'], 1)
  return startServer(command, { port, env: { PORT: `${port}` }, readyPath: '/v1/models', output: 'ignore' })
}

/** Two budgets that every request is reserved under, too large to be reached. */
function budgetsFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'lynkr-bench-')), 'lynkr.yaml')
  const budgets = ['{ scope: global, window: month, usd: 100000000 }', '{ scope: key, window: day, usd: 100000000 }']
  writeFileSync(file, `budgets:\n${budgets.map((budget) => `  - ${budget}\n`).join('')}`)
  return file
}

/**
 * lynkr with its default settings, access log included (to /dev/null), and a state folder of its own. Only shedding is
 * out of reach: a generator that saturates the processor on purpose would measure refusals.
 */
export async function startLynkr(
  command: readonly string[],
  upstreamUrl: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const port = await freePort()
  const state = mkdtempSync(join(tmpdir(), 'lynkr-bench-'))
  const env = {
    HOME: state,
    LYNKR_DATA_DIR: state,
    PORT: `${port}`,
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_API_BASE: upstreamUrl,
    LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: '60000',
    LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD: '10000',
    ...more,
  }
  return startServer([...command, 'serve'], { port, env, readyPath: '/health/live', output: 'ignore' })
}

async function startBunProxy(name: 'bare-proxy' | 'bytes-proxy', upstreamUrl: string): Promise<ServerProcess> {
  const port = await freePort()
  const env = { PORT: `${port}`, UPSTREAM: upstreamUrl, BUN_CONFIG_MAX_HTTP_REQUESTS: UPSTREAM_REQUESTS_MAX }
  const command = pinned([process.execPath, `bench/peers/${name}.ts`], 0)
  return startServer(command, { port, env, readyPath: '/', output: 'ignore' })
}

/** Those of them that are installed. */
async function startNativePeers(upstreamPort: number): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const { name, command } of NATIVE_PEERS.filter(({ program }) => existsSync(program))) {
    const port = await freePort()
    const server = await startServer(pinned(command(port, upstreamPort), 0), {
      port,
      readyPath: '/v1/models',
      output: 'ignore',
    })
    contenders.push({ name, server })
  }
  return contenders
}

/** Makes the simulator answer everything with one script. */
export async function setAnswer(upstream: ServerProcess, script: unknown): Promise<void> {
  const response = await fetch(`${upstream.url}/__simulator/default`, { method: 'PUT', body: JSON.stringify(script) })
  if (!response.ok) throw new Error(`the simulator refused the script: ${await response.text()}`)
}
