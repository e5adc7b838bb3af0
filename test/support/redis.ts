import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { TestServer } from './postgres.ts'

/** True if Debian's `redis-server` is installed. In CI its absence is a failure, so that no run passes untested. */
export function hasRedis(): boolean {
  const isThere = Bun.which('redis-server') !== null
  if (!isThere && process.env.CI === 'true') throw new Error('Redis is missing; install the package redis-server')
  return isThere
}

/** A Redis server of our own on loopback that keeps nothing on disk. */
export async function startRedis(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-redis-'))
  const port = await freePort()
  let server: Bun.Subprocess | null = null

  async function start(): Promise<void> {
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
    server = Bun.spawn(['redis-server', ...options], { stdout: 'ignore', stderr: 'ignore' })
    while (Bun.spawnSync(['redis-cli', '-p', `${port}`, 'ping']).stdout.toString() !== 'PONG\n') {
      if (server.exitCode !== null) throw new Error('redis-server ended while it was starting')
      await Bun.sleep(20)
    }
  }

  async function end(): Promise<void> {
    server?.kill('SIGKILL')
    await server?.exited
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: end,
    async stop() {
      await end()
      rmSync(folder, { recursive: true })
    },
  }
}
