import { expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { startLynkr } from '../support/running-lynkr.ts'

setDefaultTimeout(60_000)

test('SIGHUP changes nothing while lynkr leaves: what is under way comes to its end', async () => {
  const { server, simulator, ask, stop } = await startLynkr({ GRACEFUL_SHUTDOWN_TIMEOUT: '12000' })
  simulator.enqueue({ blocks: [{ text: 'a long answer that takes its time '.repeat(8) }], delayMs: 40 })
  const response = await ask({ stream: true })

  process.kill(server.pid, 'SIGTERM')
  await eventually(async () => server.output().includes('shutting down'))
  process.kill(server.pid, 'SIGHUP')
  const text = await response.text().catch(String)
  const code = await server.exited
  await stop()

  expect(text).toContain('message_stop')
  expect(code).toBe(0)
})

test('SIGHUP before lynkr serves is no end: what it asks for is done then, once', async () => {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/hang-up-probe.ts`], {
    stdin: 'ignore',
    stdout: 'pipe',
  })

  const lines = (await new Response(child.stdout).text()).trim().split('\n')

  expect(lines).toEqual(['early', 'reloads', 'reloads'])
  expect(await child.exited).toBe(0)
})
