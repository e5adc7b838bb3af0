import { afterEach, describe, expect, test } from 'bun:test'
import { openSingleFlight } from '../../src/cache/single-flight.ts'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import type { AnswerCache } from '../../src/pipeline/ports.ts'
import type { Script } from '../../src/simulator/script.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { openSqliteResponseCache } from '../../src/store/sqlite-response-cache.ts'
import { countingScheduler } from '../faults/rig.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, type ProxyOptions, post, providerAt, type TestProxy } from '../support/proxy.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

const KEYS = ['key-of-one-1234567890123', 'key-of-two-1234567890123']
const ON = { 'x-lynkr-cache': 'on' }
const STREAMED = { ...HELLO, stream: true }

const OPT_IN = { isShared: false, isOnFor: () => false, onLookup: () => undefined }

async function openCached(wishes: Partial<AnswerCache> = {}, options: ProxyOptions = {}): Promise<TestProxy> {
  const store = openSqliteResponseCache({
    path: ':memory:',
    bytesMax: 1024 * 1024,
    ageMaxMs: 60_000,
    onFault: () => undefined,
  })
  const cache: AnswerCache = { store, flights: openSingleFlight(), sha256, ...OPT_IN, ...wishes }
  const proxy = await openProxy({ apiKeys: KEYS, pipeline: { cache }, ...options })
  opened.push(() => proxy.stop())
  proxy.simulator.setDefault({ blocks: [{ text: 'an answer' }, { tool: { name: 'Read', input: { path: 'x' } } }] })
  return proxy
}

/** Asks and reads to the end. */
async function ask(proxy: TestProxy, body: object, headers: Record<string, string> = ON) {
  const response = await post(proxy, body, { headers: { 'x-api-key': KEYS[0] ?? '', ...headers } })
  return { status: response.status, text: await response.text(), result: response.headers.get('x-lynkr-cache') }
}

describe('an answer whose head its upstream withholds', () => {
  const HEAD_MS = 3_600_000
  const LATE = { firstDelayMs: HEAD_MS, blocks: [{ text: 'a late answer' }] }

  /** The heads come when they are let go; until then every stream that begins was committed without one. */
  async function openLate() {
    const waiting: (() => void)[] = []
    let isLetGo = false
    const scheduler: Scheduler = {
      every: systemScheduler.every,
      after(ms, run) {
        if (ms !== HEAD_MS || isLetGo) return systemScheduler.after(ms === HEAD_MS ? 0 : ms, run)
        waiting.push(run)
        return () => undefined
      },
    }
    const timeouts = { firstEventMs: 60_000, idleMs: 60_000, pingMs: 20 }
    const proxy = await openCached({}, { timeouts, simulator: { scheduler } })
    proxy.simulator.setDefault(LATE)
    const begin = () => post(proxy, STREAMED, { headers: { 'x-api-key': KEYS[0] ?? '', ...ON } })
    const letGo = () => {
      isLetGo = true
      for (const run of waiting) run()
    }
    return { proxy, begin, letGo }
  }

  test('is bridged with pings and kept without them', async () => {
    const { proxy, begin, letGo } = await openLate()
    const response = await begin()
    letGo()

    const text = await response.text()
    const hit = await ask(proxy, STREAMED)

    expect(text).toStartWith('event: ping')
    expect(hit.result).toBe('hit')
    expect(hit.text).not.toContain('event: ping')
    expect(hit.text).toMatch(/a late answer.*message_stop/s)
    expect(proxy.simulator.requests()).toHaveLength(1)
  })

  test('is not waited for in silence by whoever asks the same: he asks for himself, bridged too', async () => {
    const { proxy, begin, letGo } = await openLate()
    const responses = await Promise.all([begin(), begin()])
    letGo()

    const texts = await Promise.all(responses.map((response) => response.text()))

    for (const text of texts) {
      expect(text).toStartWith('event: ping')
      expect(text).toMatch(/a late answer.*message_stop/s)
    }
    expect(proxy.simulator.requests()).toHaveLength(2)
  })

  test('and is none in the end, is not kept', async () => {
    const { proxy, begin, letGo } = await openLate()
    proxy.simulator.enqueue({ ...LATE, status: 422 })
    const response = await begin()
    letGo()

    const text = await response.text()
    const again = await ask(proxy, STREAMED)

    expect(text).toContain('event: error')
    expect([again.result, again.text.includes('a late answer')]).toEqual(['miss', true])
  })
})

describe('an answer that a client asked to be kept', () => {
  for (const stream of [true, false]) {
    test(`is not one that holds how likely its words were, ${stream ? 'streamed' : 'whole'}: the next would come without`, async () => {
      const proxy = await openCached({}, { provider: rowProvider('openai') })
      const headers = { authorization: `Bearer ${KEYS[0]}`, ...ON }
      const body = { ...HELLO, stream, logprobs: true }
      const results = []

      for (let i = 0; i < 2; i++) {
        const response = await post(proxy, body, { path: '/v1/chat/completions', headers })
        await response.text()
        results.push(response.headers.get('x-lynkr-cache'))
      }

      expect(results).not.toContain('hit')
    })
  }

  test('says what it used to whoever asks for that, though its first client did not', async () => {
    const proxy = await openCached({}, { provider: rowProvider('openai') })
    const chat = async (stream: boolean) => {
      const headers = { authorization: `Bearer ${KEYS[0]}`, ...ON }
      const response = await post(proxy, { ...HELLO, stream }, { path: '/v1/chat/completions', headers })
      return { text: await response.text(), result: response.headers.get('x-lynkr-cache') }
    }

    const miss = await chat(true)
    const hit = await chat(false)

    expect([miss.result, hit.result]).toEqual(['miss', 'hit'])
    expect(miss.text).not.toContain('prompt_tokens')
    expect(JSON.parse(hit.text).usage.prompt_tokens).toBeGreaterThan(0)
  })

  for (const [first, second] of [
    [HELLO, HELLO],
    [STREAMED, STREAMED],
    [HELLO, STREAMED],
    [STREAMED, HELLO],
  ] as const) {
    const form = (body: object) => ('stream' in body ? 'streamed' : 'whole')
    test(`comes again without the upstream: ${form(first)}, then ${form(second)}`, async () => {
      const proxy = await openCached()

      const miss = await ask(proxy, first)
      const hit = await ask(proxy, second)
      const [, record] = await proxy.settled(2)

      expect([miss.result, hit.result]).toEqual(['miss', 'hit'])
      expect(hit.text).toContain('an answer')
      expect(hit.text).toContain(second === STREAMED ? 'message_stop' : '"stop_reason":"tool_use"')
      expect(proxy.simulator.requests()).toHaveLength(1)
      expect(record).toMatchObject({ lane: 'cache', attempts: 0, costMicroUsd: null, status: 200 })
    })
  }

  test('tells what it would have cost', async () => {
    const lookups: unknown[] = []
    const onLookup = (...told: unknown[]): void => void lookups.push(told)
    const proxy = await openCached({ onLookup })

    await ask(proxy, HELLO)
    await ask(proxy, HELLO)
    const [miss] = await proxy.settled(2)

    expect(lookups).toEqual([
      ['miss', 0],
      ['hit', miss?.costMicroUsd],
    ])
    expect(miss?.costMicroUsd).toBeGreaterThan(0)
  })

  test('equals the whole answer that was kept', async () => {
    const proxy = await openCached()

    const miss = await ask(proxy, HELLO)
    const hit = await ask(proxy, HELLO)

    const { usage: _details, ...kept } = JSON.parse(miss.text)
    expect(JSON.parse(hit.text)).toMatchObject(kept)
  })

  const apart: [name: string, body: object, headers: Record<string, string>][] = [
    ['another key', HELLO, { 'x-api-key': KEYS[1] ?? '', ...ON }],
    ['another question', { ...HELLO, max_tokens: 99 }, ON],
    ['another beta', HELLO, { ...ON, 'anthropic-beta': 'something-new' }],
    ['no wish', HELLO, {}],
    ['the wish not to', HELLO, { 'x-lynkr-cache': 'off' }],
    ['the wish for a fresh one', HELLO, { 'x-lynkr-cache': 'refresh' }],
    ['no-store', HELLO, { ...ON, 'cache-control': 'no-store' }],
    ['no-cache', HELLO, { ...ON, 'cache-control': 'no-cache' }],
  ]
  for (const [name, body, headers] of apart) {
    test(`is not given to a request with ${name}`, async () => {
      const proxy = await openCached()
      await ask(proxy, HELLO)

      const { result } = await ask(proxy, body, headers)

      expect(result).not.toBe('hit')
      expect(proxy.simulator.requests()).toHaveLength(2)
    })
  }

  test('is asked for once by identical requests that come together', async () => {
    const proxy = await openCached()
    proxy.simulator.setDefault({ blocks: [{ text: 'once' }], firstDelayMs: 50 })

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(proxy, HELLO)))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(proxy.simulator.requests()).toHaveLength(1)
  })
})

test('integers of 64 bits are given again as they were', async () => {
  const proxy = await openCached()
  const call = '{"type":"server_tool_use","id":"s","name":"web_search","input":{"id":12345678901234567891}}'
  const usage = '{"input_tokens":1,"output_tokens":2}'
  const body = `{"id":"m","type":"message","role":"assistant","model":"m","content":[${call}],"stop_reason":"end_turn","stop_sequence":null,"usage":${usage}}`
  proxy.simulator.setDefault({ status: 200, body })

  const answers = [await ask(proxy, HELLO), await ask(proxy, HELLO)]

  expect(answers.map(({ result }) => result)).toEqual(['miss', 'hit'])
  for (const { text } of answers) expect(text).toContain('12345678901234567891')
})

describe('an answer to a request that lost something', () => {
  const LOSSY = { ...HELLO, top_k: 5 }
  const headersOf = (proxy: TestProxy, headers: Record<string, string> = {}) =>
    post(proxy, LOSSY, { headers: { 'x-api-key': KEYS[0] ?? '', ...ON, ...headers } })

  test('is given again with the name of what was lost', async () => {
    const proxy = await openCached({}, { provider: rowProvider('openai') })

    const first = await headersOf(proxy)
    const second = await headersOf(proxy)

    expect(second.headers.get('x-lynkr-cache')).toBe('hit')
    expect(second.headers.get('x-lynkr-dropped')).toBe('top_k')
    expect(second.headers.get('x-lynkr-dropped')).toBe(first.headers.get('x-lynkr-dropped'))
    expect((await proxy.settled(2))[1]?.dropped).toEqual(['top_k'])
  })

  test('is not given to a client that would rather be refused', async () => {
    const proxy = await openCached({}, { provider: rowProvider('openai') })
    await headersOf(proxy)

    const strict = await headersOf(proxy, { 'x-lynkr-strict': 'true' })

    expect([strict.status, await strict.text()]).toEqual([400, expect.stringContaining('top_k')])
  })
})

test('who was given the answer of another waits for nothing any more', async () => {
  const { scheduler, running } = countingScheduler(systemScheduler)
  const proxy = await openCached({}, { scheduler, timeouts: { pingMs: 600_000 } })
  proxy.simulator.setDefault({ blocks: [{ text: 'once' }], firstDelayMs: 50 })

  const answers = await Promise.all(Array.from({ length: 5 }, () => ask(proxy, HELLO)))
  await proxy.settled(5)

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(running()).toBe(0)
})

describe('what is not a whole good answer is never kept', () => {
  const broken: [name: string, script: Script, stream: boolean][] = [
    ['an error', { status: 500 }, false],
    [
      'a stream that breaks',
      { blocks: [{ text: 'half' }], fault: { type: 'reset', at: 'body', afterEvents: 4 } },
      true,
    ],
    ['a stream that ends early', { blocks: [{ text: 'half' }], fault: { type: 'eof', afterEvents: 4 } }, true],
    ['an error inside a stream', { fault: { type: 'error_event', afterEvents: 3 } }, true],
    ['an answer cut at its limit', { blocks: [{ text: 'half' }], stopReason: 'max_tokens' }, false],
    ['a refusal', { blocks: [{ text: 'no' }], stopReason: 'refusal' }, true],
  ]
  for (const [name, script, stream] of broken) {
    test(`${name}, and who waits for it asks for himself`, async () => {
      const proxy = await openCached()
      proxy.simulator.enqueue(script)

      await ask(proxy, { ...HELLO, stream })
      const next = await ask(proxy, { ...HELLO, stream })

      expect(next).toMatchObject({ status: 200, result: 'miss' })
    })
  }
})

describe('an operator may', () => {
  test('switch the cache on for a model, and clients may still leave it', async () => {
    const proxy = await openCached({ isOnFor: (model) => model === HELLO.model })

    const results = []
    for (const headers of [{}, {}, { 'x-lynkr-cache': 'off' }, { 'cache-control': 'no-store' }]) {
      results.push((await ask(proxy, HELLO, headers)).result)
    }
    const { result } = await ask(proxy, { ...HELLO, model: 'another' }, {})

    expect(results).toEqual(['miss', 'hit', null, null])
    expect(result).toBeNull()
  })

  test('let keys see what others were answered', async () => {
    const proxy = await openCached({ isShared: true })
    await ask(proxy, HELLO)

    const { result } = await ask(proxy, HELLO, { ...ON, 'x-api-key': KEYS[1] ?? '' })

    expect(result).toBe('hit')
  })
})

test("a fallback's answer is not kept as that of the first choice", async () => {
  const first = await openCached()
  const second = await openCached()
  const [down, up] = [first, second].map(({ simulator }, i) => ({ ...providerAt(simulator.url), id: `p${i}` }))
  if (down === undefined || up === undefined) throw new Error('two providers')
  const targets = [down, up].map((provider) => ({ provider, model: HELLO.model }))
  const routes = { providers: [down, up], defaultProvider: down, routes: { [HELLO.model]: targets } }
  const proxy = await openCached({}, { routes })
  first.simulator.enqueue({ status: 529 })

  const results = [await ask(proxy, HELLO), await ask(proxy, HELLO), await ask(proxy, HELLO)]

  expect(results.map(({ result }) => result)).toEqual(['miss', 'miss', 'hit'])
  expect(first.simulator.requests().length).toBeGreaterThan(1)
})
