import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
