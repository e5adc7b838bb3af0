import { expect, setDefaultTimeout, test } from 'bun:test'
import { openLynkrCli } from '../support/lynkr-cli.ts'

setDefaultTimeout(60_000)

/** A lynkr that waits for its database, which takes connections and says nothing. */
async function startWaiting(env: Readonly<Record<string, string>> = {}) {
  const asked = Promise.withResolvers<void>()
  const database = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { open: () => asked.resolve(), data: () => undefined },
  })
  const cli = openLynkrCli({ PORT: '0', DATABASE_URL: `postgres://u:p@127.0.0.1:${database.port}/lynkr`, ...env })
  const options = { env: cli.env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const
  const child = Bun.spawn([...cli.command, 'serve'], options)
  await asked.promise
  return { child, database, [Symbol.dispose]: () => cli[Symbol.dispose]() }
}

test('SIGUSR2 turns debug lines on before lynkr serves, and is no end', async () => {
  using waiting = await startWaiting()
  const { child, database } = waiting

  child.kill('SIGUSR2')
  let log = ''
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    log += text
    if (log.includes('log level changed')) database.stop(true)
  }

  expect(log).toContain('log level changed')
  expect([await child.exited, child.signalCode]).toEqual([2, null])
})

test('workers that were told to stop before they served are not said to listen', async () => {
  using waiting = await startWaiting({ LYNKR_WORKERS: '2' })
  const { child, database } = waiting

  child.kill('SIGTERM')
  let log = ''
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    log += text
    if (log.includes('shutting down the workers')) database.stop(true)
  }

  expect(log).toContain('shutting down the workers')
  expect(await child.stderr.text()).not.toContain('listens on')
  await child.exited
})
