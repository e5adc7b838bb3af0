import { expect, test } from 'bun:test'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { Transport } from '../../src/core/transport.ts'
import { connectOnce, withConnectTimeout } from '../../src/upstream/connect-timeout.ts'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'
import { expiredCertificate } from '../faults/certificates.ts'
import { openRig } from '../faults/rig.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO } from '../support/proxy.ts'
import { openFullBacklog } from './full-backlog.ts'

const REAL = { connectTimeoutMs: 200, clock: systemClock, scheduler: systemScheduler }

const TRANSPORTS = [
  ['fetch', () => withConnectTimeout(fetchTransport, REAL)],
  ['sockets', () => openPooledTransport(REAL)],
] as const

for (const stream of [false, true]) {
  test.each(TRANSPORTS)(`%s: a host that drops packets is given up, stream: ${stream}`, async (_, open) => {
    const nowhere = await openFullBacklog()
    const transport = open()
    const rig = await openRig({ provider: { baseUrl: nowhere.url }, transport })

    const { status, record } = await rig.ask(stream, { 'x-stainless-retry-count': '2' })

    expect([status, record.errorKind, record.attempts]).toEqual([504, 'upstream_timeout', 1])
    expect(rig.proxy.errors[0]?.message).toContain('did not accept the connection')
    expect(rig.outcomes).toEqual(['failure'])
    transport.close()
    nowhere.stop()
    await rig.proxy.stop()
  })
}

test.each(TRANSPORTS)('%s: a host that stays silent in the handshake is given up', async (_, openTransport) => {
  let open = 0
  let onClose: () => void = () => undefined
  const close = (): void => {
    open--
    onClose()
  }
  const silent = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { open: () => void open++, data: () => undefined, close },
  })
  const transport = openTransport()
  const rig = await openRig({ provider: { baseUrl: `https://127.0.0.1:${silent.port}` }, transport })

  const { status, record } = await rig.ask(false, { 'x-stainless-retry-count': '2' })

  expect([status, record.errorKind, record.attempts]).toEqual([504, 'upstream_timeout', 1])
  while (open > 0) await new Promise<void>((resolve) => (onClose = resolve))
  transport.close()
  silent.stop(true)
  await rig.proxy.stop()
})

test.each([
  ['shakes hands, whatever its certificate,', expiredCertificate()],
  ['speaks no TLS', null],
])('a server that %s answers a trial', async (_, tls) => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(''), ...(tls && { tls }) })
  const address = { hostname: '127.0.0.1', port: server.port ?? 0, isTls: true }

  expect(await connectOnce(address, new AbortController().signal)).toBeUndefined()

  await server.stop(true)
})

test('a model that thinks for longer than the connect timeout is waited for', async () => {
  const time = openFakeClock(0)
  const tried = Promise.withResolvers<void>()
  const transport = withConnectTimeout(fetchTransport, {
    connectTimeoutMs: 1_000,
    ...time,
    connect: (address, signal) => connectOnce(address, signal).finally(tried.resolve),
  })
  const rig = await openRig({ transport })
  rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })
  const leave = new AbortController()
  const asked = fetch(`${rig.proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(HELLO),
    signal: leave.signal,
  }).catch(() => null)
  await rig.proxy.simulator.waitForRequest(() => true)

  time.advance(500)
  await tried.promise
  await fetch(`${rig.proxy.url}/health/live`)
  time.advance(10_000)
  await fetch(`${rig.proxy.url}/health/live`)
  leave.abort()
  const [record] = await rig.proxy.settled(1)
  await asked

  expect([record?.errorKind, record?.attempts]).toEqual(['client_closed', 1])
  transport.close()
  await rig.proxy.stop()
})

/** A transport that never answers, and an address whose connections are made by hand. */
function underHand() {
  const time = openFakeClock(0)
  const asked: { resolve(): void; reject(thrown: unknown): void }[] = []
  const silent: Transport = { send: () => new Promise(() => undefined), explain: fetchTransport.explain }
  const transport = withConnectTimeout(silent, {
    connectTimeoutMs: 1_000,
    ...time,
    connect: () => new Promise((resolve, reject) => void asked.push({ resolve, reject })),
  })
  const send = (url: string): AbortController => {
    const abort = new AbortController()
    void transport.send({ method: 'GET', url, headers: {}, body: null, abort })
    return abort
  }
  return { ...time, asked, send }
}

test('one connection is tried for all requests that wait for an address, and none before half the time', () => {
  const { advance, asked, send } = underHand()
  const aborts = Array.from({ length: 100 }, () => send('http://127.0.0.1:1/v1'))

  advance(250)
  expect(asked).toHaveLength(0)
  advance(250)
  expect(asked).toHaveLength(1)
  advance(500)

  expect(aborts.every(({ signal }) => signal.aborted)).toBeTrue()
})

test.each(['resolve', 'reject'] as const)(
  'a connection that is answered (%s) settles the doubt for good',
  async (how) => {
    const { advance, asked, send } = underHand()
    const abort = send('https://upstream.invalid/v1')

    advance(500)
    asked[0]?.[how](new Error('refused'))
    await Promise.resolve()
    await Promise.resolve()
    advance(10_000)

    expect(abort.signal.aborted).toBeFalse()
    expect(asked).toHaveLength(1)
  },
)

test('a request that came while the connection was tried is not ended with the others', () => {
  const { advance, send } = underHand()
  const first = send('http://127.0.0.1:1/v1')
  advance(500)
  const second = send('http://127.0.0.1:1/v1')

  advance(500)

  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false])
})
