import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { openSingleFlight } from '../../src/cache/single-flight.ts'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { CLIENT_STALL_MS, DRAIN_MS } from '../../src/core/limits.ts'
import type { Transport } from '../../src/core/transport.ts'
import type { AnswerCache } from '../../src/pipeline/ports.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import type { Script } from '../../src/simulator/script.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy()
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

const LONG: Script = { blocks: [{ text: 'a long answer in many small pieces' }], chunkChars: 2 }

describe('a client that goes away takes its upstream request with it', () => {
  const cases: [name: string, script: Script, stream: boolean][] = [
    ['before the head, streaming', { fault: { type: 'hang', at: 'headers' } }, true],
    ['before the head, not streaming', { fault: { type: 'hang', at: 'headers' } }, false],
    ['while the start is held back', { ...LONG, pings: 0, fault: { type: 'hang', at: 'body', afterEvents: 1 } }, true],
    ['inside a whole answer', { ...LONG, fault: { type: 'hang', at: 'body', afterEvents: 0 } }, false],
    ['inside an error', { status: 500, fault: { type: 'hang', at: 'body', afterEvents: 0 } }, true],
  ]
  for (const [name, script, stream] of cases) {
    test(name, async () => {
      const leave = new AbortController()
      proxy.simulator.enqueue(script)
      const answer = post(proxy, { ...HELLO, stream }, { signal: leave.signal }).catch(() => null)
      await proxy.simulator.waitForRequest(() => true)

      leave.abort()

      expect(await answer).toBeNull()
      expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
      const records = await proxy.settled(1)
      expect(records.map(({ outcome, status }) => [outcome, status])).toEqual([['client_closed', 499]])
      expect(records[0]?.usage?.inputTokens).toBe(Math.ceil((records[0]?.requestBytes ?? 0) / 4))
      expect(records[0]?.isUsageEstimated).toBe(true)
    })
  }

  test.each([[true], [false]])(
    'at the deadline that it names, with what it has sent charged, stream %p',
    async (stream) => {
      proxy.simulator.enqueue({ fault: { type: 'hang', at: 'headers' } })

      const response = await post(proxy, { ...HELLO, stream }, { headers: { 'x-stainless-timeout': '0.05' } })

      expect(response.status).toBe(504)
      expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
      const [record] = await proxy.settled(1)
      expect(record?.errorKind).toBe('upstream_timeout')
      expect(record?.usage?.inputTokens).toBe(Math.ceil((record?.requestBytes ?? 0) / 4))
      expect(record?.isUsageEstimated).toBe(true)
    },
  )

  test('is charged nothing where the provider took no connection long before the deadline that it names', async () => {
    const error = new ProxyError('upstream_timeout', 'the upstream did not accept the connection in time')
    const transport: Transport = {
      async send({ abort }) {
        abort.abort(error)
        throw error
      },
      explain: () => error,
    }
    const unreachable = await openProxy({ pipeline: { transport } })

    const response = await post(unreachable, HELLO, { headers: { 'x-stainless-timeout': '30' } })

    expect(response.status).toBe(504)
    const [record] = await unreachable.settled(1)
    expect([record?.errorKind, record?.usage]).toEqual(['upstream_timeout', null])
    await unreachable.stop()
  })

  test.skipIf(process.env.LYNKR_TEST_PLAIN === '1').each([false, true])(
    'is charged nothing while there is no connection yet, stream %p',
    async (stream) => {
      const accepted = Promise.withResolvers<void>()
      // It shakes no hands.
      const socket = { open: () => accepted.resolve(), data: () => undefined }
      const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket })
      const waiting = await openProxy({
        provider: { baseUrl: `https://127.0.0.1:${server.port}` },
        timeouts: { pingMs: stream ? 20 : 60_000 },
      })
      const leave = new AbortController()
      const answer = post(waiting, { ...HELLO, stream }, { signal: leave.signal }).catch(() => null)
      await accepted.promise
      if (stream) await answer

      leave.abort()

      const [record] = await waiting.settled(1)
      expect([record?.errorKind, record?.usage]).toEqual(['client_closed', null])
      await waiting.stop()
      server.stop(true)
    },
  )

  test('inside a stream, and what passed is estimated and settled once', async () => {
    const leave = new AbortController()
    proxy.simulator.enqueue({ ...LONG, fault: { type: 'hang', at: 'body', afterEvents: 8 } })
    const response = await post(proxy, { ...HELLO, stream: true }, { signal: leave.signal })
    const reader = response.body?.getReader()
    await reader?.read()

    leave.abort()

    expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
    const [record] = await proxy.settled(1)
    expect(record?.outcome).toBe('client_closed')
    expect(record?.isUsageEstimated).toBe(true)
    expect(record?.usage?.outputTokens).toBeGreaterThan(0)
    expect(proxy.records).toHaveLength(1)
  })

  test('while tokens are counted', async () => {
    const leave = new AbortController()
    proxy.simulator.enqueue({ match: { operation: 'count_tokens' }, fault: { type: 'hang', at: 'headers' } })
    const { max_tokens: _, ...body } = HELLO
    const answer = post(proxy, body, { path: '/v1/messages/count_tokens', signal: leave.signal }).catch(() => null)
    await proxy.simulator.waitForRequest(() => true)

    leave.abort()

    await answer
    expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
    expect((await proxy.settled(1))[0]?.outcome).toBe('client_closed')
  })
})

/** Reads a stream up to a text, and goes away. */
async function leaveAt(asked: TestProxy, path: string, text: string): Promise<void> {
  const leave = new AbortController()
  const body = path === '/v1/responses' ? { model: HELLO.model, input: 'hi there' } : HELLO
  const response = await post(asked, { ...body, stream: true }, { path, signal: leave.signal })
  const reader = response.body?.getReader()
  for (let heard = ''; !heard.includes(text); ) heard += Buffer.from((await reader?.read())?.value ?? []).toString()
  leave.abort()
}

describe('a client that leaves behind a part of its answer', () => {
  const usage = { inputTokens: 5, outputTokens: 20_000 }

  test.each([
    ['/v1/messages', 'anthropic', 'content_block_stop'],
    ['/v1/responses', 'openai-responses', 'response.output_item.done'],
    ['/v1/messages', 'openai-responses', 'content_block_stop'],
  ])('is charged what all of it used, where that was the last: %s before %s', async (path, row, text) => {
    const asked = await openProxy({ provider: rowProvider(row) })
    asked.simulator.enqueue({ blocks: [{ text: 'hello' }], usage, delayMs: 60 })

    await leaveAt(asked, path, text)

    const [record] = await asked.settled(1)
    expect([record?.usage?.outputTokens, record?.isUsageEstimated]).toEqual([usage.outputTokens, false])
    await asked.stop()
  })

  test('takes its upstream request with it as soon as another part begins', async () => {
    proxy.simulator.enqueue({ blocks: [{ text: 'one' }, { text: 'two '.repeat(100) }], usage, delayMs: 30 })

    await leaveAt(proxy, '/v1/messages', 'content_block_stop')

    expect((await proxy.simulator.waitForRequest((request) => request.endedMs !== null)).aborted).toBe(true)
    const [record] = await proxy.settled(1)
    expect([record?.outcome, record?.isUsageEstimated]).toEqual(['client_closed', true])
  })
})

test.each([false, true])(
  'a client that has left before its request was sent upstream is charged nothing for it, stream %p',
  async (stream) => {
    const protections = openProtections()
    // It leaves while the cache is looked through.
    const getCached = async () => {
      for (const request of protections.open) request.interrupt(new ProxyError('client_closed', 'it has left'))
      return null
    }
    const cache: AnswerCache = {
      store: { getCached, putCached: async () => undefined },
      flights: openSingleFlight(),
      sha256: (text) => text,
      isShared: false,
      isOnFor: () => true,
      onLookup: () => undefined,
    }
    const left = await openProxy({ pipeline: { protections, cache } })

    await post(left, { ...HELLO, stream })

    const [record] = await left.settled(1)
    expect([record?.errorKind, record?.attempts, record?.usage]).toEqual(['client_closed', 0, null])
    expect(left.simulator.requests()).toHaveLength(0)
    await left.stop()
  },
)

test('a process that is to end waits for nothing that may follow a part of an answer', async () => {
  const waits: number[] = []
  const scheduler: Scheduler = {
    ...systemScheduler,
    after(delayMs, run) {
      waits.push(delayMs)
      return systemScheduler.after(delayMs, run)
    },
  }
  const protections = openProtections()
  const leaving = await openProxy({ scheduler, pipeline: { protections } })
  leaving.simulator.enqueue({ ...LONG, pings: 0, chunkChars: 99, fault: { type: 'hang', at: 'body', afterEvents: 4 } })
  const response = await post(leaving, { ...HELLO, stream: true })
  const reader = response.body?.getReader()
  for (let heard = ''; !heard.includes('content_block_stop'); ) {
    heard += Buffer.from((await reader?.read())?.value ?? 'content_block_stop: it has ended').toString()
  }

  for (const one of protections.open) one.interrupt(new ProxyError('shutting_down', 'lynkr is shutting down'))
  const [record] = await leaving.settled(1)

  expect(record?.outcome).toBe('truncated')
  expect(waits).not.toContain(DRAIN_MS)
  await leaving.stop()
})

/** A connection that is never read from, whatever comes. */
function readNothing(port: number, body: string): Promise<Socket> {
  const head = `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.pause()
      socket.write(head + body, () => resolve(socket))
    })
  })
}

describe('a client that takes nothing of its answer', () => {
  test.each([
    ['while more of it comes', {}],
    ['when the upstream breaks', { fault: { type: 'reset', at: 'body', afterEvents: 100 } } as const],
  ])('is left in the end %s, and holds no place at the provider any more', async (_, more) => {
    const scheduler: Scheduler = {
      ...systemScheduler,
      after: (delayMs, run) => systemScheduler.after(delayMs === CLIENT_STALL_MS ? 20 : delayMs, run),
    }
    const protections = openProtections()
    const stalled = await openProxy({ scheduler, pipeline: { protections } })
    stalled.simulator.setDefault({ blocks: [{ text: 'x'.repeat(32 * 1024 * 1024) }], chunkChars: 64 * 1024, ...more })

    const socket = await readNothing(stalled.port, JSON.stringify({ ...HELLO, stream: true }))
    const [record] = await stalled.settled(1)

    // The break is heard first where the system's buffers hold all that came before it.
    expect(record?.errorKind).toBeOneOf(['client_closed', 'stream_interrupted'])
    expect(record?.usage?.outputTokens).toBeGreaterThan(0)
    expect(protections.limits().map(({ inflight }) => inflight)).toEqual([0])
    expect(protections.open.size).toBe(0)
    socket.destroy()
    await stalled.stop()
  })
})

test('a process that is to end waits for no client that takes nothing of its answer', async () => {
  const stalled = Promise.withResolvers<void>()
  const scheduler: Scheduler = {
    ...systemScheduler,
    after: (delayMs, run) =>
      delayMs === CLIENT_STALL_MS ? systemScheduler.after(50, stalled.resolve) : systemScheduler.after(delayMs, run),
  }
  const protections = openProtections()
  const leaving = await openProxy({ scheduler, pipeline: { protections } })
  leaving.simulator.setDefault({ blocks: [{ text: 'x'.repeat(32 * 1024 * 1024) }], chunkChars: 64 * 1024 })
  const socket = await readNothing(leaving.port, JSON.stringify({ ...HELLO, stream: true }))
  await stalled.promise

  for (const one of protections.open) one.interrupt(new ProxyError('shutting_down', 'lynkr is shutting down'))
  const [record] = await leaving.settled(1)

  expect([record?.outcome, protections.open.size]).toEqual(['truncated', 0])
  socket.destroy()
  await leaving.stop()
})

test('every request is settled exactly once, however many there are', async () => {
  const bodies = Array.from({ length: 40 }, (_, i) => ({
    ...HELLO,
    stream: i % 2 === 0,
    ...(i % 5 === 0 && { model: '' }),
  }))

  const answers = await Promise.all(bodies.map((body) => post(proxy, body).then((response) => response.text())))

  expect(answers).toHaveLength(40)
  const records = await proxy.settled(40)
  expect(new Set(records.map((record) => record.requestId)).size).toBe(40)
  expect(records.filter((record) => record.outcome === 'refused')).toHaveLength(8)
})
