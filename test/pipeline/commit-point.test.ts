import { afterEach, describe, expect, test } from 'bun:test'
import type { Script } from '../../src/simulator/script.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const TIMEOUTS = { firstEventMs: 60_000, idleMs: 40_000, pingMs: 15_000 }
let proxy: TestProxy | null = null

afterEach(async () => {
  await proxy?.stop()
  proxy = null
})

/** A request whose answer stops after so many events, under time that stands still. */
async function held(afterEvents: number, stream = true, timeouts = TIMEOUTS) {
  const time = openFakeClock(1_700_000_000_000)
  const scheduler = { ...time.scheduler }
  proxy = await openProxy({ clock: time.clock, scheduler, timeouts })
  const fault =
    afterEvents < 0 ? ({ type: 'hang', at: 'headers' } as const) : ({ type: 'hang', at: 'body', afterEvents } as const)
  const script: Script = { blocks: [{ text: 'an answer' }], pings: 0, fault }
  proxy.simulator.enqueue(script)
  /** Resolves when the product next sets a timer of this length. */
  const timerOf = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const { after } = time.scheduler
      scheduler.after = (delayMs, run) => {
        if (delayMs === ms) resolve()
        return after(delayMs, run)
      }
    })
  return { proxy, time, timerOf, ask: () => post(proxy as TestProxy, { ...HELLO, stream }) }
}

describe('before the first meaningful frame', () => {
  test('nothing is sent until the ping interval is over; then the stream begins', async () => {
    const { proxy, time, timerOf, ask } = await held(1)
    const waiting = timerOf(TIMEOUTS.pingMs)
    let isAnswered = false
    const answer = ask().then((response) => {
      isAnswered = true
      return response
    })
    await proxy.simulator.waitForRequest(() => true)
    await waiting

    expect(isAnswered).toBe(false)
    time.advance(TIMEOUTS.pingMs)

    const response = await answer
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test('an upstream that says nothing at all to a request for a whole answer gives a 504 at the deadline', async () => {
    const { proxy, time, ask } = await held(-1, false)
    const answer = ask()
    await proxy.simulator.waitForRequest(() => true)

    time.advance(TIMEOUTS.firstEventMs)

    const response = await answer
    expect(response.status).toBe(504)
    expect(JSON.parse(await response.text()).error.type).toBe('timeout_error')
    expect((await proxy.settled(1))[0]?.errorKind).toBe('upstream_timeout')
    expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
  })

  test('a whole answer that stops in the middle gives a 504 at the deadline', async () => {
    const { proxy, time, ask } = await held(0, false)
    const answer = ask()
    await proxy.simulator.waitForRequest(() => true)

    time.advance(TIMEOUTS.firstEventMs)

    expect((await answer).status).toBe(504)
  })
})

test('a stream that was committed before it meant anything has to do so by the deadline, whatever else it sends', async () => {
  const { proxy, time, timerOf, ask } = await held(1, true, { ...TIMEOUTS, idleMs: 600_000 })
  // For the head, for the first event, which means nothing yet, and for the next one.
  const waits = [timerOf(TIMEOUTS.pingMs)]
  const answer = ask()
  for (const _ of ['head', 'event']) {
    await waits.at(-1)
    waits.push(timerOf(TIMEOUTS.pingMs))
  }
  await waits.at(-1)
  time.advance(TIMEOUTS.pingMs)
  const response = await answer

  time.advance(TIMEOUTS.firstEventMs - TIMEOUTS.pingMs)

  const text = await response.text()
  expect(text).toContain('event: error')
  expect(text).toContain('did not begin to answer in time')
  expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
})

describe('inside a stream', () => {
  test('silence is filled with pings, and at the idle timeout ends in an error event', async () => {
    const { proxy, time, ask } = await held(4)
    const response = await ask()
    const reader = response.body?.getReader()
    let text = ''
    const readUntil = async (part: string): Promise<void> => {
      while (!text.includes(part)) {
        const read = await reader?.read()
        if (read === undefined || read.done) return
        text += new TextDecoder().decode(read.value)
      }
    }
    await readUntil('content_block_start')
    expect(text).not.toContain('event: ping')

    time.advance(TIMEOUTS.pingMs)
    await readUntil('event: ping')
    time.advance(TIMEOUTS.idleMs - TIMEOUTS.pingMs)
    await readUntil('event: error')

    expect(text.match(/event: ping/g)?.length).toBeGreaterThanOrEqual(1)
    expect(text).toContain('event: error')
    const [record] = await proxy.settled(1)
    expect(record?.outcome).toBe('truncated')
    expect(record?.errorKind).toBe('stream_interrupted')
    expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
  })
})
