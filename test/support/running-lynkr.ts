import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from './server-process.ts'

/** lynkr in a process of its own, with the simulator as its one provider. */
export interface RunningLynkr {
  readonly server: ServerProcess
  readonly simulator: Simulator
  /** Of this instance's data folder, if it was not set. */
  readonly adminKey: string
  /** Asks for a short message. */
  ask(body?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Stops both; the data folder is gone then. Resolves to lynkr's exit code. */
  stop(): Promise<number>
}

export const UPSTREAM_KEY = 'sk-ant-canary-of-the-upstream-key'

export async function startLynkr(env: Readonly<Record<string, string>> = {}): Promise<RunningLynkr> {
  const simulator = await startSimulator()
  const dataDir = mkdtempSync(join(tmpdir(), 'lynkr-data-'))
  const port = await freePort()
  const server = await startServer([...lynkrCommand(), 'serve'], {
    port,
    env: {
      HOME: dataDir,
      PORT: `${port}`,
      LYNKR_DATA_DIR: dataDir,
      ANTHROPIC_API_KEY: UPSTREAM_KEY,
      ANTHROPIC_API_BASE: simulator.url,
      GRACEFUL_SHUTDOWN_TIMEOUT: '2000',
      ...env,
    },
    readyPath: '/health/live',
  })
  return {
    server,
    simulator,
    adminKey: env.LYNKR_ADMIN_KEY ?? readFileSync(join(dataDir, 'admin.key'), 'utf8').trim(),
    ask: (body = {}, headers = {}) =>
      fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
        body: JSON.stringify({
          model: 'claude-sonnet-5-5',
          max_tokens: 64,
          messages: [{ role: 'user', content: 'say hello' }],
          ...body,
        }),
      }),
    async stop() {
      const code = await server.stop()
      await simulator.stop()
      rmSync(dataDir, { recursive: true, force: true })
      return code
    },
  }
}
