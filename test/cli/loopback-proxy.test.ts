import { expect, setDefaultTimeout, test } from 'bun:test'
import { lynkrCommand } from '../support/server-process.ts'

setDefaultTimeout(60_000)

/** Answers for a lynkr, and as a proxy that knows no way back to this machine. */
function openServer(text: string, status: number) {
  return Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(text, { status }) })
}

test.each([
  ['HTTP_PROXY', {}],
  ['http_proxy', { no_proxy: 'intranet.example' }],
  ['ALL_PROXY', { NO_PROXY: 'intranet.example' }],
])('a proxy of the environment (%s) is not asked for what runs on this machine', async (name, more) => {
  const lynkr = openServer('{"status":"ok","pid":1}', 200)
  const proxy = openServer('no way', 502)

  const child = Bun.spawn([...lynkrCommand(), 'healthcheck'], {
    env: { PATH: process.env.PATH, PORT: `${lynkr.port}`, [name]: `http://127.0.0.1:${proxy.port}`, ...more },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = await new Response(child.stdout).text()
  const code = await child.exited
  await Promise.all([lynkr.stop(true), proxy.stop(true)])

  expect([said, code]).toEqual(['{"status":"ok","pid":1}\n', 0])
})
