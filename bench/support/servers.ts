import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, lynkrCommand, type ServerProcess } from '../../test/support/server-process.ts'
import type { LoadOptions } from '../load.ts'
import { NATIVE_PEERS } from '../peers/native.ts'
import { scratchFolder, startOwned } from './owned.ts'
import { BENCH_KEY } from './request.ts'

/** Both proxies may have this many upstream requests open; Bun's own limit is 256. */
const UPSTREAM_REQUESTS_MAX = '8192'

/** One proxy of a run. */
export interface Contender {
  readonly name: string
  readonly server: ServerProcess
  /** What its requests carry besides the usual, or are instead. */
  readonly load?: Pick<LoadOptions, 'headers' | 'get' | 'status'>
}

/** The processes of one section; every proxy stands in front of the same upstream. They end with this process. */
export interface Servers {
  readonly upstream: ServerProcess
  /** Everything switched on: a key, two budgets, breaker, shedder, metrics, access log, usage rows. */
  readonly lynkr: ServerProcess
  readonly bare: ServerProcess
  /** lynkr first, then the bare proxy and others among them. */
  readonly contenders: readonly Contender[]
}

/** @param isQuick leaves out who is only there to explain the others */
export async function startServers({ isQuick }: { isQuick: boolean }): Promise<Servers> {
  const upstream = await startUpstream()
  const lynkr = await startFullLynkr(upstream.url)
  const bare = await startBunProxy('bare-proxy', upstream.url)
  const native = await startNativePeers(upstream.port)
  const contenders: Contender[] = [
    { name: 'lynkr', server: lynkr },
    { name: 'bare', server: bare },
    ...native.filter(({ name }) => !isQuick || name === 'nginx'),
  ]
  if (!isQuick) {
    const keys = { LYNKR_API_KEYS: BENCH_KEY }
    const unbudgeted = await startLynkr(upstream.url, keys, 0)
    const bytes = await startBunProxy('bytes-proxy', upstream.url)
    contenders.push({ name: 'lynkr, no budget', server: unbudgeted }, { name: 'bare, no parse', server: bytes })
  }
  return { upstream, lynkr, bare, contenders }
}

/** lynkr with everything switched on, on the proxies' processor. */
export function startFullLynkr(upstreamUrl: string, more: Readonly<Record<string, string>> = {}) {
  const env = { LYNKR_API_KEYS: BENCH_KEY, LYNKR_CONFIG: budgetsFile(), ...more }
  return startLynkr(upstreamUrl, env, 0)
}

export async function startUpstream(): Promise<ServerProcess> {
  const port = await freePort()
  const command = [process.execPath, 'bench/peers/upstream.ts']
  return startOwned(command, { port, env: { PORT: `${port}` }, readyPath: '/v1/models', output: 'ignore' }, 1)
}

/** Two budgets that every request is reserved under, too large to be reached. */
export function budgetsFile(): string {
  const file = join(scratchFolder(), 'lynkr.yaml')
  const budgets = ['{ scope: global, window: month, usd: 100000000 }', '{ scope: key, window: day, usd: 100000000 }']
  writeFileSync(file, `budgets:\n${budgets.map((budget) => `  - ${budget}\n`).join('')}`)
  return file
}

/**
 * A generator that saturates the processor on purpose, or a machine with other work on it, would be answered with
 * refusals, and refusals are what would be measured: nothing is shed.
 */
export const NEVER_SHED = {
  LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: '60000',
  LOAD_SHEDDING_LOOP_LAG_THRESHOLD: '600000',
  LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD: '20000',
}

/** lynkr with its default settings, access log included (to /dev/null), and a state folder of its own. */
export async function startLynkr(
  upstreamUrl: string,
  more: Readonly<Record<string, string>> = {},
  processor?: 0 | 1,
): Promise<ServerProcess> {
  const port = await freePort()
  const state = scratchFolder()
  const env = {
    HOME: state,
    LYNKR_DATA_DIR: state,
    PORT: `${port}`,
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_API_BASE: upstreamUrl,
    ...NEVER_SHED,
    ...more,
  }
  const options = { port, env, readyPath: '/health/live', output: 'ignore' } as const
  return startOwned([...lynkrCommand(), 'serve'], options, processor)
}

export async function startBunProxy(name: BunProxy, upstreamUrl: string): Promise<ServerProcess> {
  return startBunProxyOn(await freePort(), name, upstreamUrl, 0)
}

/** Files of `bench/peers`. */
type BunProxy = 'bare-proxy' | 'bytes-proxy' | 'relay'

/** @param processor that it is kept to; any, if none is given */
export async function startBunProxyOn(
  port: number,
  name: BunProxy,
  upstreamUrl: string,
  processor?: 0 | 1,
): Promise<ServerProcess> {
  const env = { PORT: `${port}`, UPSTREAM: upstreamUrl, BUN_CONFIG_MAX_HTTP_REQUESTS: UPSTREAM_REQUESTS_MAX }
  const command = [process.execPath, `bench/peers/${name}.ts`]
  return startOwned(command, { port, env, readyPath: '/v1/models', output: 'ignore' }, processor)
}

/** Those of them that are installed. */
export async function startNativePeers(upstreamPort: number): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const { name, command } of NATIVE_PEERS.filter(({ program }) => existsSync(program))) {
    const port = await freePort()
    const options = { port, readyPath: '/v1/models', output: 'ignore' } as const
    contenders.push({ name, server: await startOwned(command(port, upstreamPort), options, 0) })
  }
  return contenders
}

/** Makes the simulator answer everything with one script. */
export async function setAnswer(upstream: ServerProcess, script: unknown): Promise<void> {
  const response = await fetch(`${upstream.url}/__simulator/default`, { method: 'PUT', body: JSON.stringify(script) })
  if (!response.ok) throw new Error(`the simulator refused the script: ${await response.text()}`)
}
