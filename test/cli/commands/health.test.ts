import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLynkr } from '../../support/running-lynkr.ts'
import { lynkrCommand } from '../../support/server-process.ts'

setDefaultTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'lynkr-health-'))
const path = join(folder, 'lynkr.yaml')
let running: Bun.Server<undefined>
beforeAll(() => {
  const answer = '{"status":"ok","pid":1}'
  running = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(answer) })
})
afterAll(async () => {
  await running.stop(true)
  rmSync(folder, { recursive: true })
})

/** Exit code of `lynkr healthcheck` beside this file. */
async function healthcheck(content: string | null): Promise<number> {
  if (content !== null) writeFileSync(path, content)
  const child = Bun.spawn([...lynkrCommand(), 'healthcheck'], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      LYNKR_CONFIG: path,
      ...(content === null && { PORT: `${running.port}` }),
    },
    stdout: 'ignore',
    stderr: 'inherit',
  })
  return child.exited
}

test.each([
  ['is gone', () => null],
  ['has a setting that is none', (port: number) => `port: ${port}\nprot: 1\n`],
  ['names an unknown provider', (port: number) => `port: ${port}\nproviders:\n  opneai: {key: k}\n`],
  ['is only half a file', (port: number) => `port: ${port}\nproviders: {`],
])('a lynkr that serves on is healthy, whatever became of its file: it %s', async (_, content) => {
  expect(await healthcheck(content(running.port ?? 0))).toBe(0)
})

test('a process that another one names to `lynkr drain` is told nothing, as it may be no lynkr', async () => {
  const bystander = Bun.spawn(['cat'], { stdin: 'pipe', stdout: 'pipe' })
  const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => Response.json({ pid: bystander.pid }) })

  const child = Bun.spawn([...lynkrCommand(), 'drain', '--wait', '0'], {
    env: { PATH: process.env.PATH, HOME: folder, PORT: `${other.port}` },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const code = await child.exited
  bystander.stdin.write('still here')
  await bystander.stdin.end()
  const said = await new Response(bystander.stdout).text()
  await other.stop(true)

  expect([code, said]).toEqual([1, 'still here'])
  expect(await new Response(child.stderr).text()).toContain(`process ${bystander.pid}, which is no lynkr here`)
})

test('`lynkr drain` makes the instance on its port unready', async () => {
  const lynkr = await startLynkr()
  const { port } = new URL(lynkr.server.url)

  const child = Bun.spawn([...lynkrCommand(), 'drain', '--wait', '0'], {
    env: { PATH: process.env.PATH, HOME: folder, PORT: port },
    stdout: 'ignore',
    stderr: 'inherit',
  })
  const code = await child.exited
  const ready = await fetch(`${lynkr.server.url}/health/ready`)
  await lynkr.stop()

  expect([code, ready.status]).toEqual([0, 503])
})
