import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { PROTECTION } from '../../src/pipeline/protections.ts'
import { refresh } from '../../src/resilience/shedder.ts'
import type { Script } from '../../src/simulator/script.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO, providerAt } from '../support/proxy.ts'
import { openRig, type Rig } from './rig.ts'

const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]
const BRISK = { ...PROTECTION, breaker: { ...PROTECTION.breaker, openMs: 3_600_000 } }

describe('a circuit breaker', () => {
  test('opens after five failures in a row, answers at once, and lets its provider’s other models through', async () => {
    const rig = await openRig({ protection: BRISK })
    rig.proxy.simulator.setDefault({ status: 500, match: { model: 'sonnet' } })

    const first = await rig.ask(false)
    const second = await rig.ask(false)
    const refused = await rig.ask(false)
    const sibling = await fetch(`${rig.proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, model: 'claude-opus-5-5' }),
    })

    expect([first.record.attempts, second.record.attempts, refused.record.attempts]).toEqual([3, 2, 0])
    expect([refused.status, refused.record.errorKind]).toEqual([529, 'circuit_open'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000)
    expect(sibling.status).toBe(200)
    expect(rig.states).toEqual(['open'])
    await rig.proxy.stop()
  })

  test('is not moved by clients that go away or ask wrongly', async () => {
    const rig = await openRig()
    rig.proxy.simulator.setDefault({ status: 422 })

    for (let i = 0; i < 30; i++) await rig.ask(false)
    rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })
    for (let i = 0; i < 30; i++) await goAway(rig)

    expect(rig.states).toEqual([])
    expect(rig.outcomes).toEqual(Array.from({ length: 60 }, () => 'ignore' as const))
    expect(rig.proxy.errors.slice(30).every((error) => error?.kind === 'client_closed')).toBeTrue()
    await rig.proxy.stop()
  })
})

describe('a probe whose stream is committed before it says anything', () => {
  const probing = { ...PROTECTION, breaker: { ...PROTECTION.breaker, failureThreshold: 1, openMs: 0, probes: 1 } }
  const late: Script = { blocks: LONG, pings: 0, delayMs: 80 }

  test.each<[string, Script, string]>([
    ['fails where that fails', { ...late, fault: { type: 'error_event', afterEvents: 1 } }, 'open'],
    ['fails where that only ends', { ...late, fault: { type: 'eof', afterEvents: 1 } }, 'open'],
    ['succeeds where that answers after all', { ...late, chunkChars: 10_000 }, 'closed'],
  ])('%s', async (_, script, state) => {
    const rig = await openRig({ protection: probing, timeouts: { pingMs: 30 } })
    rig.proxy.simulator.enqueue({ status: 500, headers: { 'x-should-retry': 'false' } }, script)
    await rig.ask(false)

    const { text } = await rig.ask(true)

    expect(text).toContain('event: ping')
    expect(rig.states).toEqual(['open', state])
    await rig.proxy.stop()
  })
})

test('a target that refused too much is given its room back by answers that come whole, too', async () => {
  const time = openFakeClock(1_700_000_000_000)
  const rig = await openRig({ clock: time.clock, protection: { ...PROTECTION, breaker: BRISK.breaker } })
  const target = { provider: providerAt(rig.proxy.simulator.url), model: HELLO.model }
  const { limit } = rig.protections.stateOf(target, time.clock.nowMs())
  time.advance(60_000)
  rig.proxy.simulator.enqueue({ status: 429, headers: { 'x-should-retry': 'false' } })
  await rig.ask(false)
  const refused = limit.limit

  time.advance(60_000)
  for (let i = 0; i < 10; i++) await rig.ask(false)

  expect([refused, limit.limit]).toEqual([500, 522])
  await rig.proxy.stop()
})

test('a request that is refused for what it would lose has made no attempt', async () => {
  const rig = await openRig({ lane: 'transcode' })

  const response = await fetch(`${rig.proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-lynkr-strict': 'true' },
    body: JSON.stringify({ ...HELLO, top_k: 3 }),
  })

  const [record] = await rig.proxy.settled(1)
  expect([response.status, record?.attempts, rig.outcomes]).toEqual([400, 0, []])
  await rig.proxy.stop()
})

test('a request that goes again without a refused feature reached the upstream twice, and is counted so', async () => {
  const rig = await openRig({ simulator: { strict: false } })
  const message = 'metadata: Extra inputs are not permitted'
  rig.proxy.simulator.enqueue({ status: 400, message })

  const response = await fetch(`${rig.proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...HELLO, metadata: { user_id: 'u' } }),
  })

  expect(response.status).toBe(200)
  expect(rig.proxy.simulator.requests()).toHaveLength(2)
  expect(rig.outcomes).toEqual(['ignore', 'success'])
  await rig.proxy.stop()
})

/** Asks, and is gone as soon as the upstream has the request. */
async function goAway(rig: Rig): Promise<void> {
  const { simulator, url, records } = rig.proxy
  const [sent, settled] = [simulator.requests().length, records.length]
  const abort = new AbortController()
  const asked = fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(HELLO),
    signal: abort.signal,
  }).catch((thrown: unknown) => thrown)
  await eventually(async () => simulator.requests().length > sent)
  abort.abort()
  await asked
  await rig.proxy.settled(settled + 1)
}

describe('what a client is told', () => {
  test('another try with our refused credential cannot help', async () => {
    const rig = await openRig()
    rig.proxy.simulator.setDefault({ status: 401 })

    const answer = await rig.ask(false)

    expect(answer.headers.get('x-should-retry')).toBe('false')
    await rig.proxy.stop()
  })

  test('a client that retries by itself is not retried for', async () => {
    const rig = await openRig()
    rig.proxy.simulator.setDefault({ status: 500 })

    const answer = await rig.ask(false, { 'x-stainless-retry-count': '2' })

    expect(answer.record.attempts).toBe(1)
    await rig.proxy.stop()
  })

  test('its deadline bounds all attempts, and running out of it is no failure of the upstream', async () => {
    const time = openFakeClock(1_700_000_000_000)
    const rig = await openRig(time)
    rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })

    const asked = rig.ask(false, { 'x-stainless-timeout': '5' })
    await rig.proxy.simulator.waitForRequest(() => true)
    time.advance(5_001)
    const answer = await asked

    expect([answer.status, answer.record.attempts]).toEqual([504, 1])
    expect(rig.outcomes).toEqual(['ignore'])
    await rig.proxy.stop()
  })
})

describe('load shedding', () => {
  const FULL = { ...PROTECTION, shedder: { ...PROTECTION.shedder, activeRequests: 2 } }

  test('a full instance refuses before it reads the body, with a Retry-After', async () => {
    const rig = await openRig({ protection: { ...FULL, shedder: { ...FULL.shedder, activeRequests: 1 } } })
    rig.proxy.simulator.setDefault({ blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 5 } })
    const leave = new AbortController()
    await fetch(`${rig.proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
      signal: leave.signal,
    })

    const head = await headOf(rig.proxy.port, 'content-length: 1000000\r\n')

    expect(head).toContain('HTTP/1.1 529')
    expect(head.toLowerCase()).toMatch(/retry-after: [1-5]\r/)
    leave.abort()
    await rig.proxy.settled(1)
    await rig.proxy.stop()
  })

  test('under memory pressure less urgent classes are refused first', async () => {
    const rig = await openRig()
    const signals = { heapUsedBytes: 0, memoryLimitBytes: 1_000, loopLagP99Ms: 0, queueWaitMs: 0 }
    refresh(rig.protections.shedder, { ...signals, rssBytes: 790 }, 0)

    const background = await rig.ask(false, { 'x-claude-code-request-class': 'background' })
    const main = await rig.ask(false)

    expect([background.status, background.record.errorKind]).toEqual([529, 'overloaded'])
    expect(main.status).toBe(200)
    await rig.proxy.stop()
  })
})

/** Sends a request's head and nothing of its body; resolves with the head of the answer. */
function headOf(port: number, headers: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${headers}\r\n`)
    })
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      text += bytes.toString()
      if (!text.includes('\r\n\r\n')) return
      socket.destroy()
      resolve(text)
    })
  })
}

test('a target that cannot be reached is passed over for the next one of the route', async () => {
  const other = await startSimulator()
  const [down, up] = ['http://127.0.0.1:1', other.url].map((url, i) => ({ ...providerAt(url), id: `target-${i}` }))
  if (down === undefined || up === undefined) throw new Error('two targets')
  const targets = [down, up].map((provider) => ({ provider, model: HELLO.model }))
  const rig = await openRig({ routes: { providers: [down, up], routes: { [HELLO.model]: targets } } })

  const answer = await rig.ask(true)

  expect([answer.status, answer.record.provider, answer.record.attempts]).toEqual([200, 'target-1', 3])
  expect(rig.outcomes).toEqual(['failure', 'failure', 'success'])
  await rig.proxy.stop()
  await other.stop()
})
