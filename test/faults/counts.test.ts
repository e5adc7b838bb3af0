import { expect, test } from 'bun:test'
import { systemScheduler } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO, openProxy, type TestProxy } from '../support/proxy.ts'
import { type Lane, openRig } from './rig.ts'

const isFull = process.env.LYNKR_TEST_FULL === '1'
const LANES: readonly Lane[] = ['passthrough', 'transcode']
const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]
const AT_ONCE = 16
/** A breaker that stays closed, so that nothing but what is counted keeps a request from its upstream. */
const NO_BREAKER = { ...PROTECTION.breaker, failureThreshold: 1e9, windowRequestsMin: 1e9 }

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Does so many of them, some at a time. */
async function times(count: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await run(i)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

const RESETS = isFull ? 10_000 : 400

for (const lane of LANES) {
  test(`${lane}: none of ${RESETS} streams that are reset after their first byte is sent again`, async () => {
    const rig = await openRig({ lane, protection: { ...PROTECTION, breaker: NO_BREAKER } })

    await times(RESETS, async (i) => {
      rig.proxy.simulator.setDefault({
        blocks: LONG,
        delayMs: 1,
        fault: { type: 'reset', at: 'body', afterEvents: 4 + (i % 6) },
      })
      const response = await post(rig.proxy.url, { ...HELLO, stream: true })
      if (response.status === 200) expectOneEnd(await response.text())
    })
    const records = await rig.proxy.settled(RESETS)

    const committed = records.filter(({ status }) => status === 200)
    expect(committed.every(({ outcome, attempts }) => outcome === 'truncated' && attempts <= 3)).toBeTrue()
    expect(committed.filter(({ attempts }) => attempts === 1).length).toBeGreaterThan(RESETS * 0.9)
    const attempts = records.reduce((sum, record) => sum + record.attempts, 0)
    expect(received(rig.proxy)).toBe(attempts)
    expect(records.every(({ attemptList }) => attemptList.every(isLastOrBeforeAnyByte))).toBeTrue()
    await rig.proxy.stop()
  }, 300_000)
}

/** Of the attempts of a request, only the last may have been broken off as a stream. */
function isLastOrBeforeAnyByte(
  { errorKind }: { readonly errorKind: string | null },
  i: number,
  all: readonly object[],
): boolean {
  return i === all.length - 1 || errorKind !== 'stream_interrupted'
}

/** One beginning, and an error as the one end. */
function expectOneEnd(text: string): void {
  expect(text.match(/^event: message_start$/gm) ?? []).toHaveLength(1)
  expect(text.match(/^event: error$/gm) ?? []).toHaveLength(1)
}

/** Requests that the upstream got; it numbers them from 0. */
function received({ simulator }: TestProxy): number {
  return (simulator.requests().at(-1)?.ordinal ?? -1) + 1
}

const OUTAGE_SECONDS = isFull ? 60 : 5
const PER_SECOND = 200

test(`an outage of ${OUTAGE_SECONDS} s at ${PER_SECOND} rps reaches the upstream at most 1.10 times a request`, async () => {
  const { proxy, pass } = await openOutage(NO_BREAKER)
  proxy.simulator.setDefault({ status: 200 })
  await pass(PER_SECOND * 2)
  const before = received(proxy)
  proxy.simulator.setDefault({ status: 500 })

  const requests = await pass(PER_SECOND * OUTAGE_SECONDS)
  const attempts = received(proxy) - before

  expect(attempts / requests).toBeGreaterThan(1)
  expect(attempts / requests).toBeLessThanOrEqual(1.1)
  await proxy.stop()
}, 300_000)

/** A proxy whose time is moved on by 5 ms with each request; waits between attempts pass in that time. */
async function openOutage(breaker: typeof NO_BREAKER) {
  const time = openFakeClock(1_700_000_000_000)
  let sleeping = 0
  const scheduler = {
    ...time.scheduler,
    after(delayMs: number, run: () => void) {
      if (delayMs > PROTECTION_WAIT_MS_MAX) return time.scheduler.after(delayMs, run)
      sleeping++
      const cancel = time.scheduler.after(delayMs, () => {
        sleeping--
        run()
      })
      return () => {
        sleeping--
        cancel()
      }
    },
  }
  const proxy = await openProxy({
    clock: time.clock,
    scheduler,
    timeouts: { firstEventMs: 60_000, idleMs: 60_000, pingMs: 60_000 },
    pipeline: { random: seededRandom(7), protections: openProtections({ ...PROTECTION, breaker }) },
  })
  let sent = 0
  const isAtRest = (): boolean => proxy.records.length + sleeping >= sent
  return {
    proxy,
    async pass(requests: number): Promise<number> {
      const answers: Promise<unknown>[] = []
      for (let i = 0; i < requests; i++) {
        sent++
        answers.push(post(proxy.url, HELLO).then((response) => response.arrayBuffer()))
        while (!isAtRest()) await turn()
        time.advance(1_000 / PER_SECOND)
        while (!isAtRest()) await turn()
      }
      while (proxy.records.length < sent) {
        time.advance(1_000)
        await turn()
      }
      await Promise.all(answers)
      return requests
    },
  }
}

/** The longest backoff; timers of attempts are longer. */
const PROTECTION_WAIT_MS_MAX = 8_000

function turn(): Promise<void> {
  return new Promise((resolve) => {
    systemScheduler.after(0, resolve)
  })
}
