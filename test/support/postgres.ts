import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** Debian's folder of the server that the tests are written for. */
const BIN = '/usr/lib/postgresql/15/bin'

export interface TestServer {
  readonly url: string
  stop(): Promise<void>
  /** Stops it without a goodbye, and starts it again on the same data and port. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** True if Debian's `postgresql` is installed. In CI its absence is a failure, so that no run passes untested. */
export function hasPostgres(): boolean {
  const isThere = existsSync(`${BIN}/postgres`)
  if (!isThere && process.env.CI === 'true') throw new Error('PostgreSQL 15 is missing; install the package postgresql')
  return isThere
}

/** A PostgreSQL server of our own on loopback, its data in a folder that goes with it. */
export async function startPostgres(): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), 'lynkr-pg-'))
  const user = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  if (user.length > 0) {
    const id = (flag: string) => Number(Bun.spawnSync(['id', flag, 'postgres']).stdout.toString())
    chownSync(data, id('-u'), id('-g'))
  }
  const init = Bun.spawnSync([...user, `${BIN}/initdb`, '-D', data, '-A', 'trust', '-U', 'lynkr', '-N', '-E', 'UTF8'])
  if (!init.success) throw new Error(`initdb failed: ${init.stderr.toString()}`)
  const port = await freePort()
  let server: Bun.Subprocess | null = null

  async function start(): Promise<void> {
    const options = ['-p', `${port}`, '-h', '127.0.0.1', '-k', data, '-c', 'fsync=off']
    server = Bun.spawn([...user, `${BIN}/postgres`, '-D', data, ...options], { stdout: 'ignore', stderr: 'ignore' })
    const ready = [`${BIN}/pg_isready`, '-q', '-h', '127.0.0.1', '-p', `${port}`]
    while (Bun.spawnSync(ready).exitCode !== 0) {
      if (server.exitCode !== null) throw new Error('postgres ended while it was starting')
      await Bun.sleep(20)
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    server?.kill(signal)
    await server?.exited
  }

  await start()
  return {
    url: `postgres://lynkr@127.0.0.1:${port}/postgres`,
    start,
    kill: () => end('SIGQUIT'),
    async stop() {
      await end('SIGQUIT')
      rmSync(data, { recursive: true })
    },
  }
}
