import { expect, setDefaultTimeout, test } from 'bun:test'
import { openLynkrCli } from '../support/lynkr-cli.ts'

setDefaultTimeout(60_000)

test('SIGUSR2 turns debug lines on before lynkr serves, and is no end', async () => {
  const asked = Promise.withResolvers<void>()
  // A database that takes connections and says nothing.
  const database = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { open: () => asked.resolve(), data: () => undefined },
  })
  using cli = openLynkrCli({ PORT: '0', DATABASE_URL: `postgres://u:p@127.0.0.1:${database.port}/lynkr` })
  const child = Bun.spawn([...cli.command, 'serve'], { env: cli.env, stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' })
  await asked.promise
  child.kill('SIGUSR2')
  let log = ''
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    log += text
    if (log.includes('log level changed')) database.stop(true)
  }

  expect(log).toContain('log level changed')
  expect([await child.exited, child.signalCode]).toEqual([2, null])
})
