import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../../test/support/server-process.ts'

/** Both proxies may have this many upstream requests open; Bun's own limit is 256. */
const UPSTREAM_REQUESTS_MAX = '4096'

/** The processes of one benchmark run; every proxy stands in front of the same upstream. */
export interface Servers {
  readonly upstream: ServerProcess
  readonly lynkr: ServerProcess
  readonly bare: ServerProcess
  readonly stop: () => Promise<void>
}

export async function startServers(): Promise<Servers> {
  const upstream = await startUpstream()
  const lynkr = await startLynkr(lynkrCommand(), upstream.url)
  const bare = await startBareProxy(upstream.url)
  const stop = async (): Promise<void> => {
    await Promise.all([lynkr, bare, upstream].map((server) => server.stop()))
  }
  return { upstream, lynkr, bare, stop }
}

export async function startUpstream(): Promise<ServerProcess> {
  const port = await freePort()
  const command = [process.execPath, 'bench/peers/upstream.ts']
  return startServer(command, { port, env: { PORT: `${port}` }, readyPath: '/v1/models', output: 'ignore' })
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

async function startBareProxy(upstreamUrl: string): Promise<ServerProcess> {
  const port = await freePort()
  const env = { PORT: `${port}`, UPSTREAM: upstreamUrl, BUN_CONFIG_MAX_HTTP_REQUESTS: UPSTREAM_REQUESTS_MAX }
  return startServer([process.execPath, 'bench/peers/bare-proxy.ts'], { port, env, readyPath: '/', output: 'ignore' })
}

/** Makes the simulator answer everything with one script. */
export async function setAnswer(upstream: ServerProcess, script: unknown): Promise<void> {
  const response = await fetch(`${upstream.url}/__simulator/default`, { method: 'PUT', body: JSON.stringify(script) })
  if (!response.ok) throw new Error(`the simulator refused the script: ${await response.text()}`)
}
