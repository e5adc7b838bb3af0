import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Balance } from '../../src/core/store.ts'
import { HELLO } from '../support/proxy.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

/** What every answer costs in these suites: 40 tokens at one micro-dollar and 30 at two. */
export const USAGE = { inputTokens: 40, outputTokens: 30 }
export const COST = 100

export interface InstanceOptions {
  /** Data folder; instances that share one share its SQLite file. */
  readonly folder: string
  /** Where its configuration is written. */
  readonly home: string
  readonly simulatorUrl: string
  /** Sections of `lynkr.yaml` besides prices. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** Words before lynkr's own command, such as those that put it on a disk of its own. */
  readonly wrap?: readonly string[]
}

/** A real `lynkr serve`, and its books as an operator reads them: over HTTP. */
export interface Instance {
  readonly server: ServerProcess
  readonly url: string
  ask(over?: object, init?: RequestInit): Promise<Response>
  health(): Promise<{ readonly status: string; readonly database: { healthy: boolean; detail: string } }>
  /** Sum of a counter over its labels; labels that must be there may follow the name. */
  metric(name: string): Promise<number>
  usageMicroUsd(): Promise<number>
  balances(): Promise<readonly Balance[]>
  /** What `/admin/ledger/verify` finds. */
  differences(): Promise<readonly string[]>
}

const PRICES = 'prices:\n  models:\n    "*": { input: 1, output: 2 }\n'

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { folder, home, simulatorUrl, config = '', env = {}, wrap = [] } = options
  const port = await freePort()
  const configFile = join(home, `lynkr-${port}.yaml`)
  writeFileSync(configFile, PRICES + config)
  const server = await startServer([...wrap, ...lynkrCommand(), 'serve'], {
    port,
    env: {
      HOME: home,
      PORT: `${port}`,
      LYNKR_DATA_DIR: folder,
      LYNKR_CONFIG: configFile,
      ANTHROPIC_API_KEY: 'sk-ant-of-the-operator',
      ANTHROPIC_API_BASE: simulatorUrl,
      GRACEFUL_SHUTDOWN_TIMEOUT: '3000',
      ...env,
    },
    readyPath: '/health/live',
  })
  const adminKey = () => readFileSync(join(rootOf(server, wrap) + folder, 'admin.key'), 'utf8')
  const admin = async (path: string) => {
    const response = await fetch(`${server.url}${path}`, { headers: { 'x-api-key': adminKey().trim() } })
    return (await response.json()) as never
  }
  return {
    server,
    url: server.url,
    ask: (over = {}, init = {}) =>
      fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        body: JSON.stringify({ ...HELLO, ...over }),
        ...init,
        headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2', ...init.headers },
      }),
    health: async () => (await (await fetch(`${server.url}/health/ready`)).json()) as never,
    async metric(name) {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
    async usageMicroUsd() {
      const { data } = (await admin('/admin/usage?group_by=')) as { data: { costMicroUsd: number }[] }
      return data[0]?.costMicroUsd ?? 0
    },
    balances: async () => ((await admin('/admin/ledger')) as { data: readonly Balance[] }).data,
    differences: async () => ((await admin('/admin/ledger/verify')) as { differences: readonly string[] }).differences,
  }
}

/** Where the files of a process in another mount namespace are seen from here. */
function rootOf({ pid }: ServerProcess, wrap: readonly string[]): string {
  return wrap.length === 0 ? '' : `/proc/${pid}/root`
}
