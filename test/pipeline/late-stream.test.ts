import { describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../src/core/errors.ts'
import type { Script } from '../../src/simulator/script.ts'
import { openRig, type RigOptions } from '../faults/rig.ts'
import { eventually } from '../support/eventually.ts'
import { HELLO } from '../support/proxy.ts'

/** The upstream withholds its head for longer than the client may be left without a sign. */
const LATE: Script = { blocks: [{ text: 'an answer' }], firstDelayMs: 120 }
const TIMEOUTS = { firstEventMs: 60_000, idleMs: 60_000, pingMs: 30 }
const LANES = ['passthrough', 'transcode'] as const

for (const lane of LANES) {
  describe(`${lane}: an upstream that withholds even its head`, () => {
    test('is bridged with pings, and its answer follows whole', async () => {
      const rig = await openRig({ lane, timeouts: TIMEOUTS })
      rig.proxy.simulator.setDefault(LATE)

      const { status, text, record, headers } = await rig.ask(true)

      expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
      expect(text.indexOf('event: ping')).toBe(0)
      expect(text.match(/^event: message_start$/gm)).toHaveLength(1)
      expect(text).toContain('an answer')
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('message_stop')
      expect([record.outcome, record.attempts, record.isUsageEstimated]).toEqual(['ok', 1, false])
      expect(rig.outcomes).toEqual(['success'])
      await expectRest(rig)
    })

    test.each<[string, Partial<Script>, ErrorKind]>([
      ['fails', { status: 500 }, 'upstream_error'],
      ['asks to wait', { status: 429 }, 'upstream_rate_limited'],
      ['refuses our credential', { status: 401 }, 'upstream_auth'],
      ['rejects the request', { status: 422 }, 'upstream_rejected'],
      ['redirects', { fault: { type: 'redirect' } }, 'upstream_malformed'],
      ['answers with HTML', { fault: { type: 'html' } }, 'upstream_malformed'],
    ])('and then %s is not tried again: the stream ends with its error event', async (_, script, kind) => {
      const rig = await openRig({ lane, timeouts: TIMEOUTS })
      rig.proxy.simulator.setDefault({ ...LATE, ...script })

      const { status, text, record } = await rig.ask(true)

      expect([status, record.attempts, record.errorKind, record.outcome]).toEqual([200, 1, kind, 'truncated'])
      expect(rig.proxy.simulator.requests()).toHaveLength(1)
      expect(text.match(/^event: error$/gm)).toHaveLength(1)
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('event: error')
      await expectRest(rig)
    })

    test('for longer than the first event may take ends with a timeout, which its breaker counts', async () => {
      const rig = await openRig({ lane, timeouts: { ...TIMEOUTS, firstEventMs: 100 } })
      rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })

      const { status, text, record } = await rig.ask(true)

      expect([status, record.attempts, record.errorKind]).toEqual([200, 1, 'upstream_timeout'])
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('timeout_error')
      expect(rig.outcomes).toEqual(['failure'])
      await expectRest(rig)
    })

    test('for longer than its client gives it has read the prompt all the same, which is charged', async () => {
      const rig = await openRig({ lane, timeouts: TIMEOUTS })
      rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })

      const { status, text, record } = await rig.ask(true, { 'x-stainless-timeout': '0.1' })

      expect([status, record.errorKind]).toEqual([200, 'upstream_timeout'])
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('timeout_error')
      expect(record.usage?.inputTokens).toBe(Math.ceil(record.requestBytes / 4))
      expect(record.isUsageEstimated).toBe(true)
      await expectRest(rig)
    })

    test('and whose client leaves meanwhile is left too, at no cost to its breaker', async () => {
      const rig = await openRig({ lane, timeouts: TIMEOUTS })
      rig.proxy.simulator.setDefault({ fault: { type: 'hang', at: 'headers' } })
      const abort = new AbortController()
      const response = await ask(rig.proxy.url, abort.signal)
      await response.body?.getReader().read()

      abort.abort()
      const [record] = await rig.proxy.settled(1)

      expect([record?.outcome, record?.errorKind, record?.status]).toEqual(['client_closed', 'client_closed', 499])
      expect(rig.outcomes).toEqual(['ignore'])
      await eventually(async () => rig.proxy.simulator.requests()[0]?.endedMs !== null)
      await expectRest(rig)
    })

    test.each([
      ['before its head', { type: 'hang', at: 'headers' } as const],
      ['behind its head', { type: 'hang', at: 'body', afterEvents: 0 } as const],
    ])('and is left %s has read the prompt all the same, which is charged', async (_, fault) => {
      const rig = await openRig({ lane, timeouts: TIMEOUTS })
      rig.proxy.simulator.setDefault({ pings: 0, fault })
      const abort = new AbortController()
      const response = await ask(rig.proxy.url, abort.signal)
      await response.body?.getReader().read()

      abort.abort()
      const [record] = await rig.proxy.settled(1)

      expect(record?.usage?.inputTokens).toBe(Math.ceil((record?.requestBytes ?? 0) / 4))
      expect(record?.isUsageEstimated).toBe(true)
      await rig.proxy.stop()
    })
  })
}

describe('before that point', () => {
  const brisk = (options: RigOptions) => openRig({ timeouts: { ...TIMEOUTS, pingMs: 10_000 }, ...options })

  test('a status is still given, and another attempt still made', async () => {
    const rig = await brisk({})
    rig.proxy.simulator.enqueue({ status: 500 })
    rig.proxy.simulator.setDefault({ status: 529 })

    const { status, record } = await rig.ask(true)

    expect([status, record.attempts, record.errorKind]).toEqual([529, 3, 'upstream_error'])
    await rig.proxy.stop()
  })

  test('a request that does not stream waits for its true status however long it takes', async () => {
    const rig = await openRig({ timeouts: TIMEOUTS })
    rig.proxy.simulator.setDefault({ ...LATE, status: 422 })

    const { status } = await rig.ask(false)

    expect(status).toBe(422)
    await rig.proxy.stop()
  })
})

function ask(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...HELLO, stream: true }),
    signal,
  })
}

async function expectRest({ protections, runningTimers, proxy }: Awaited<ReturnType<typeof openRig>>): Promise<void> {
  expect([protections.open.size, runningTimers(), proxy.records.length]).toEqual([0, 0, 1])
  await proxy.stop()
}
