import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(180_000)

const home = mkdtempSync(`${tmpdir()}/lynkr-serve-`)
afterAll(() => rmSync(home, { recursive: true }))

const HELLO = { model: 'claude-opus-5-5', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }

async function serve(env: Record<string, string>, sheds = false): Promise<ServerProcess> {
  const port = await freePort()
  return startServer([...lynkrCommand(), 'serve'], {
    port,
    env: { HOME: home, PORT: String(port), GRACEFUL_SHUTDOWN_TIMEOUT: '600', ...env },
    readyPath: '/health/live',
    sheds,
  })
}

/** Runs `lynkr serve` where it must refuse to start. */
async function refuse(env: Record<string, string>): Promise<{ code: number; printed: string }> {
  const child = Bun.spawn([...lynkrCommand(), 'serve'], {
    env: { PATH: process.env.PATH ?? '', HOME: home, ...env },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const printed = await new Response(child.stderr).text()
  return { code: await child.exited, printed }
}

function say(server: ServerProcess, body: object): Promise<Response> {
  return fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })
}

describe('lynkr serve without a provider', () => {
  test('answers from the simulator and says so in banner, log and header, with the line to paste', async () => {
    const server = await serve({})

    const response = await say(server, HELLO)

    expect(response.status).toBe(200)
    expect(response.headers.get('x-lynkr-upstream')).toBe('simulator')
    expect(await response.text()).toContain('simulator')
    expect(await server.stop()).toBe(0)
    expect(server.output()).toContain('SIMULATOR')
    expect(server.output()).toContain(`ANTHROPIC_BASE_URL=${server.url} ANTHROPIC_AUTH_TOKEN=`)
    expect(server.output()).toContain('no provider is configured')
  })

  test('refuses requests by a stall of LOAD_SHEDDING_LOOP_LAG_THRESHOLD ms, half a second by default', async () => {
    const thresholds: unknown[] = []

    for (const env of [{}, { LOAD_SHEDDING_LOOP_LAG_THRESHOLD: '60000' }]) {
      const server = await serve(env, true)
      const answer = await fetch(`${server.url}/metrics/load-shedding`)
      const signals = (await answer.json()) as { loop_lag_seconds: { threshold: number } }
      thresholds.push(signals.loop_lag_seconds.threshold)
      await server.stop()
    }

    expect(thresholds).toEqual([0.5, 60])
  })

  test('is an error on any other address than loopback', async () => {
    const { code, printed } = await refuse({ HOST: '0.0.0.0', LYNKR_API_KEYS: 'k'.repeat(22) })

    expect(code).toBe(2)
    expect(printed).toContain('no provider is configured')
  })
})

test('a terminal, pipe or file that takes no banner keeps lynkr from nothing', async () => {
  const port = await freePort()
  const onFullDisk = ['sh', '-c', 'exec "$@" 2> /dev/full', 'sh', ...lynkrCommand(), 'serve']

  const server = await startServer(onFullDisk, {
    port,
    env: { HOME: home, PORT: String(port), GRACEFUL_SHUTDOWN_TIMEOUT: '600' },
    readyPath: '/health/live',
  })
  const response = await say(server, HELLO)

  expect([response.status, await server.stop()]).toEqual([200, 0])
})

describe('lynkr serve with a wrong configuration', () => {
  test('refuses another address than loopback without keys, unless that is asked for', async () => {
    const { code, printed } = await refuse({ HOST: '0.0.0.0', ANTHROPIC_API_KEY: 'k' })

    expect(code).toBe(2)
    expect(printed).toContain('LYNKR_API_KEYS')
  })

  test('tells everything that is wrong at once', async () => {
    const { code, printed } = await refuse({
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      MODEL_PROVIDER: 'antropic',
      LYNKR_API_KEYS: 'short',
    })

    expect(code).toBe(2)
    for (const name of ['PORT', 'LOG_LEVEL', 'MODEL_PROVIDER']) expect(printed).toContain(name)
    expect(printed).toContain('did you mean anthropic?')
  })

  test('refuses an admin key that is short, or a client’s', async () => {
    const short = await refuse({ LYNKR_ADMIN_KEY: 'short' })
    const shared = await refuse({ LYNKR_ADMIN_KEY: 'k'.repeat(22), LYNKR_API_KEYS: 'k'.repeat(22) })

    expect([short.code, shared.code]).toEqual([2, 2])
    expect(short.printed).toContain('LYNKR_ADMIN_KEY: needs at least 22 characters')
    expect(shared.printed).toContain('LYNKR_ADMIN_KEY: must be none of the keys of clients')
  })

  test('refuses to send requests to itself', async () => {
    const { code, printed } = await refuse({ PORT: '8080', CUSTOM_API_BASE: 'http://localhost:8080' })

    expect(code).toBe(2)
    expect(printed).toContain('is this lynkr itself')
  })

  test('never prints a credential', async () => {
    const { printed } = await refuse({ PORT: 'x', ANTHROPIC_API_KEY: 'sk-ant-canary-0123456789' })

    expect(printed).not.toContain('canary')
  })
})

test('more than 256 requests are upstream at once', async () => {
  const held = 400
  const simulator = await startSimulator({ record: true, requestsKept: held })
  simulator.setDefault({ blocks: [{ text: 'late' }], firstDelayMs: 600_000 })
  const server = await serve({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_API_BASE: simulator.url })
  const abort = new AbortController()

  const asked = Array.from({ length: held }, () => openRequest(server.port, abort.signal))
  await simulator.waitForRequest(() => simulator.requests().length === held)

  expect(simulator.requests()).toHaveLength(held)
  abort.abort()
  await Promise.all(asked)
  await server.stop()
  await simulator.stop()
})

/** Sends a request over a socket of its own: this process has the same limit on `fetch`. */
async function openRequest(port: number, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(HELLO)
  const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } })
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
  signal.addEventListener('abort', () => socket.terminate(), { once: true })
}
