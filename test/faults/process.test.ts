import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { isFull } from '../resilience/seed.ts'
import { eventually } from '../support/eventually.ts'
import { HELLO } from '../support/proxy.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(180_000)

const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]
const STREAMS = 100
/** The stop is the fault itself, and as long as the table of faults wants it in a full run. */
const STOPPED_MS = isFull ? 30_000 : 0
let folder = ''
let simulator: Simulator

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-process-'))
  simulator = await startSimulator()
})

afterAll(async () => {
  await simulator.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('SIGTERM ends every stream with its dialect’s error event when the time is over, and the exit code is 0', async () => {
  simulator.setDefault({ blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } })
  const lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '2000' })
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, (_, i) => open(lynkr, i % 2 === 0 ? '/v1/messages' : '/v1/chat/completions')),
  )

  process.kill(lynkr.pid, 'SIGTERM')
  const texts = await Promise.all(streams.map(({ whole }) => whole))

  expect(await lynkr.exited).toBe(0)
  for (const [i, text] of texts.entries()) {
    expect(text?.trimEnd().split('\n\n').at(-1)).toContain(i % 2 === 0 ? 'event: error' : 'data: {"error"')
  }
})

test('SIGHUP without a terminal asks for the configuration to be read again: a stream runs to its end, and lynkr stays', async () => {
  simulator.setDefault({ blocks: LONG, delayMs: 20 })
  const lynkr = await start({})
  const { whole } = await open(lynkr, '/v1/messages')

  process.kill(lynkr.pid, 'SIGHUP')

  expect(await whole).toContain('message_stop')
  expect(await (await open(lynkr, '/v1/messages')).whole).toContain('message_stop')
  process.kill(lynkr.pid, 'SIGTERM')
  expect(await lynkr.exited).toBe(0)
})

test('a second signal ends the process although streams are open', async () => {
  simulator.setDefault({ blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } })
  const lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '600000' })
  const { whole } = await open(lynkr, '/v1/messages')

  process.kill(lynkr.pid, 'SIGTERM')
  await eventually(async () => lynkr.output().includes('shutting down'))
  process.kill(lynkr.pid, 'SIGTERM')

  expect(await lynkr.exited).toBe(1)
  expect((await whole).trimEnd().split('\n\n').at(-1)).toContain('event: error')
})

test('a second signal loses nothing of what was spent: streams are settled and written before the process is gone', async () => {
  simulator.setDefault({ blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } })
  const LYNKR_DATA_DIR = mkdtempSync(join(folder, 'hurried-'))
  const lynkr = await start({ GRACEFUL_SHUTDOWN_TIMEOUT: '600000', LYNKR_DATA_DIR })
  await open(lynkr, '/v1/messages')

  process.kill(lynkr.pid, 'SIGINT')
  await eventually(async () => lynkr.output().includes('shutting down'))
  process.kill(lynkr.pid, 'SIGINT')
  await lynkr.exited

  using database = new Database(join(LYNKR_DATA_DIR, 'lynkr.db'))
  expect(database.query('select surface from usage_row').all()).toEqual([{ surface: 'messages' }])
})

test('after kill -9 in mid-stream the client hears of no good end, and the next process serves from the same folder', async () => {
  simulator.setDefault({ blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } })
  const lynkr = await start({})
  const { whole } = await open(lynkr, '/v1/messages')

  process.kill(lynkr.pid, 'SIGKILL')
  const heard = await whole
  simulator.setDefault({ blocks: LONG })
  const next = await start({})
  const answer = await (await open(next, '/v1/messages')).whole

  expect(heard).not.toContain('message_stop')
  expect(answer).toContain('message_stop')
  expect(await next.stop()).toBe(0)
})

test(
  'a process that was stopped and goes on finishes its streams, and serves whoever came meanwhile',
  async () => {
    simulator.setDefault({ blocks: LONG, delayMs: 20 })
    const lynkr = await start({})
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(lynkr, '/v1/messages')))

    process.kill(lynkr.pid, 'SIGSTOP')
    await eventually(async () => / T /.test(readFileSync(`/proc/${lynkr.pid}/stat`, 'utf8')))
    const late = open(lynkr, '/v1/messages')
    await Bun.sleep(STOPPED_MS)
    process.kill(lynkr.pid, 'SIGCONT')

    for (const { whole } of [...streams, await late]) expect(await whole).toContain('message_stop')
    expect((await fetch(`${lynkr.url}/health/ready`)).status).toBe(200)
    const breakers = await (await fetch(`${lynkr.url}/metrics/circuit-breakers`)).json()
    expect(breakers).toMatchObject({ breakers: [{ state: 'closed', failures: 0 }] })
    expect(await lynkr.stop()).toBe(0)
  },
  STOPPED_MS + 60_000,
)

async function start(env: Record<string, string>): Promise<ServerProcess> {
  const port = await freePort()
  return startServer([...lynkrCommand(), 'serve'], {
    port,
    readyPath: '/health/ready',
    env: {
      PORT: `${port}`,
      HOME: folder,
      LYNKR_DATA_DIR: join(folder, 'data'),
      MODEL_PROVIDER: 'custom',
      CUSTOM_API_BASE: simulator.url,
      CUSTOM_API_KEY: 'any',
      GRACEFUL_SHUTDOWN_TIMEOUT: '2000',
      ...env,
    },
  })
}

/** Resolves when the stream's first content is there; `whole` is all that came until its end, proper or not. */
async function open(lynkr: ServerProcess, path: string): Promise<{ readonly whole: Promise<string> }> {
  const response = await fetch(lynkr.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2' },
    body: JSON.stringify({ ...HELLO, stream: true }),
  })
  const reader = response.body?.getReader()
  const first = await reader?.read()
  const decoder = new TextDecoder()
  let text = decoder.decode(first?.value)
  const readOn = async (): Promise<string> => {
    for (;;) {
      const read = await reader?.read().catch((): null => null)
      if (read === null || read === undefined || read.done) return text
      text += decoder.decode(read.value)
    }
  }
  return { whole: readOn() }
}
