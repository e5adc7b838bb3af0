import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { eventually } from '../support/eventually.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO, openProxy } from '../support/proxy.ts'
import { type Lane, openRig } from './rig.ts'

const LANES: readonly Lane[] = ['passthrough', 'transcode']
const DAY_MS = 86_400_000
const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]

for (const lane of LANES) {
  describe(`${lane}: what passes by itself is not noticed`, () => {
    test.each([500, 502, 503, 504, 529])('a burst of two %d', async (status) => {
      const rig = await openRig({ lane })
      rig.proxy.simulator.enqueue({ status }, { status })

      const { text, record } = await rig.ask(true)

      expect([record.status, record.attempts, record.outcome]).toEqual([200, 3, 'ok'])
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('message_stop')
      expect(rig.outcomes).toEqual(['failure', 'failure', 'success'])
      await rig.proxy.stop()
    })

    test.each([DAY_MS, -DAY_MS])('a jump of the wall clock by %d ms in mid-stream', async (jumpMs) => {
      const time = openFakeClock(1_700_000_000_000)
      const clock = { nowMs: () => performance.now(), wallMs: time.clock.wallMs }
      const rig = await openRig({ lane, clock })
      rig.proxy.simulator.setDefault({ blocks: LONG, delayMs: 5 })

      const asked = rig.ask(true)
      await eventually(async () => rig.proxy.simulator.requests().length === 1)
      time.jump(jumpMs)
      const { record } = await asked

      expect([record.outcome, record.attempts]).toEqual(['ok', 1])
      expect(record.durationMs).toBeLessThan(60_000)
      expect(rig.runningTimers()).toBe(0)
      await rig.proxy.stop()
    })
  })
}

test('a jump of the wall clock neither ends nor prolongs the rest of a key', async () => {
  const time = openFakeClock(1_700_000_000_000)
  const rig = await openRig({ clock: { nowMs: () => performance.now(), wallMs: time.clock.wallMs } })
  rig.proxy.simulator.enqueue({ status: 429, headers: { 'retry-after': '60' } })

  await rig.ask(false)
  time.jump(DAY_MS)
  const later = await rig.ask(false)
  time.jump(-2 * DAY_MS)
  const earlier = await rig.ask(false)

  expect([later.status, later.record.attempts]).toEqual([429, 0])
  expect(Number(earlier.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  await rig.proxy.stop()
})

describe('a client that closes its half of the connection after its request', () => {
  test.each([false, true])('is settled once, stream: %p', async (stream) => {
    const proxy = await openProxy()
    proxy.simulator.setDefault({ blocks: LONG, delayMs: 2 })
    const body = JSON.stringify({ ...HELLO, stream })
    let heard = ''
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.end(
        `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
    })
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
    })
    const [record] = await proxy.settled(1)

    // Either it is served to its end, or taken for gone; never half of both.
    const isServed = record?.outcome === 'ok'
    expect(record?.outcome).toBe(isServed ? 'ok' : 'client_closed')
    if (isServed) await eventually(async () => heard.includes(stream ? 'message_stop' : '"end_turn"'))
    await eventually(async () => proxy.simulator.requests().every(({ endedMs }) => endedMs !== null))
    socket.destroy()
    await proxy.stop()
  })
})

test('hostile forms of Retry-After make no request wait beyond its deadline, and none spin', async () => {
  for (const value of [
    '-5',
    'NaN',
    '1e309',
    '1e9',
    '999999999999999',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    '0',
    '٣',
    '1;2',
  ]) {
    const rig = await openRig()
    rig.proxy.simulator.setDefault({ status: 503, headers: { 'retry-after': value } })

    const { record, status } = await rig.ask(false, { 'x-stainless-timeout': '120' })

    expect(status).toBe(503)
    expect(record.attempts).toBeLessThanOrEqual(3)
    expect(record.durationMs).toBeLessThan(120_000)
    expect(rig.runningTimers()).toBe(0)
    await rig.proxy.stop()
  }
})
