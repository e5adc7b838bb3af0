import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Provider } from '../../src/core/target.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const PATHS = { chat: '/v1/chat/completions', countTokens: null, models: null, embeddings: '/v1/embeddings' }
const NO_PATHS = { ...PATHS, embeddings: null }
const RESET = { type: 'reset', at: 'headers' } as const
const BODY = { model: 'm', input: 'x'.repeat(400) }

let proxy: TestProxy
const attempts: string[] = []
const protections = openProtections(PROTECTION, {
  onInflight: () => undefined,
  onAttempt: (provider, outcome) => void attempts.push(`${provider} ${outcome}`),
  onRetry: () => undefined,
  onShed: () => undefined,
  onBreakerChange: () => undefined,
  onPing: () => undefined,
})

beforeAll(async () => {
  proxy = await openProxy({ provider: { ...CHAT_PROVIDER, paths: PATHS }, pipeline: { protections } })
})
afterEach(() => {
  proxy.clear()
  attempts.length = 0
})
afterAll(() => proxy.stop())

let asked = 0

/** Each of a model of its own, which no 429 has at rest. */
function ask(signal?: AbortSignal): Promise<Response> {
  return post(
    proxy,
    { ...BODY, model: `m${++asked}` },
    { path: '/v1/embeddings', ...(signal !== undefined && { signal }) },
  )
}

describe('embeddings that the provider refuses', () => {
  test.each<[number, ErrorKind]>([
    [400, 'upstream_rejected'],
    [401, 'upstream_auth'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_error'],
  ])('with %d are told to the client as sent, and counted as failed', async (status, kind) => {
    proxy.simulator.enqueue({ match: { operation: 'embeddings' }, status })

    const response = await ask()

    const [record] = await proxy.settled(1)
    expect(response.status).toBe(status)
    expect([record?.status, record?.outcome, record?.errorKind]).toEqual([status, 'upstream_failed', kind])
    expect(record?.attemptList.map((attempt) => [attempt.status, attempt.errorKind])).toEqual([[status, kind]])
  })
})

test('every request for embeddings is an attempt, whatever becomes of it', async () => {
  const match = { operation: 'embeddings' } as const
  proxy.simulator.enqueue({ match }, { match, status: 429 }, { match, status: 500 }, { match, fault: RESET })

  for (let i = 0; i < 4; i++) await (await ask()).text()

  expect(attempts).toEqual(['openai success', 'openai dropped', 'openai failure', 'openai failure'])
})

test('a count that the provider refuses is counted as failed, too', async () => {
  const counting = await openProxy()
  counting.simulator.enqueue({ match: { operation: 'count_tokens' }, status: 500 })
  const { max_tokens: _, ...body } = HELLO

  const response = await post(counting, body, { path: '/v1/messages/count_tokens' })

  const [record] = await counting.settled(1)
  expect(response.status).toBe(500)
  expect([record?.outcome, record?.errorKind]).toEqual(['upstream_failed', 'upstream_error'])
  await counting.stop()
})

test('a client that leaves embeddings under way is charged for what it has sent', async () => {
  const leave = new AbortController()
  proxy.simulator.enqueue({ match: { operation: 'embeddings' }, fault: { type: 'hang', at: 'headers' } })
  const answer = ask(leave.signal).catch(() => null)
  await proxy.simulator.waitForRequest(() => true)

  leave.abort()

  expect(await answer).toBeNull()
  const [record] = await proxy.settled(1)
  expect(record?.outcome).toBe('client_closed')
  expect(record?.usage?.inputTokens).toBe(Math.ceil((record?.requestBytes ?? 0) / 4))
})

test.each([
  ['nothing', {}],
  ['of no token', { usage: { prompt_tokens: 0, total_tokens: 0 } }],
])('embeddings whose server tells %s of usage are charged for what was sent, estimated', async (_, more) => {
  const data = [{ object: 'embedding', index: 0, embedding: [0.5] }]
  const body = JSON.stringify({ object: 'list', model: 'm', data, ...more })
  proxy.simulator.enqueue({ match: { operation: 'embeddings' }, status: 200, body })

  const response = await ask()

  const [record] = await proxy.settled(1)
  expect([response.status, await response.text()]).toEqual([200, body])
  expect(record?.usage?.inputTokens).toBe(Math.ceil((record?.requestBytes ?? 0) / 4))
  expect(record?.isUsageEstimated).toBe(true)
})

describe('embeddings are tried as chats are', () => {
  const match = { operation: 'embeddings' } as const
  const AGAIN = { 'x-stainless-retry-count': '0' }
  const askAgain = (at: TestProxy) => post(at, BODY, { path: '/v1/embeddings', headers: AGAIN })

  test('again where the provider failed', async () => {
    proxy.simulator.enqueue({ match, status: 503 }, { match })

    const response = await askAgain(proxy)

    const [record] = await proxy.settled(1)
    expect([response.status, record?.attempts, record?.outcome]).toEqual([200, 2, 'ok'])
    expect(attempts).toEqual(['openai failure', 'openai success'])
  })

  test('with the next key where one is refused or has to rest', async () => {
    for (const status of [401, 429]) {
      const provider = { ...CHAT_PROVIDER, paths: PATHS, keys: [new Secret('one'), new Secret('two')] }
      const both = await openProxy({ provider })
      both.simulator.enqueue({ match, status }, { match })

      const response = await askAgain(both)

      const used = both.simulator.requests().map(({ headers }) => headers.get('authorization'))
      expect([response.status, new Set(used).size]).toEqual([200, 2])
      await both.stop()
    }
  })

  test('not at all while the provider rests, of which the client is told', async () => {
    const breaker = { ...PROTECTION.breaker, failureThreshold: 1 }
    const pipeline = { protections: openProtections({ ...PROTECTION, breaker }) }
    const resting = await openProxy({ provider: { ...CHAT_PROVIDER, paths: PATHS }, pipeline })
    resting.simulator.enqueue({ match, status: 500 })
    await post(resting, BODY, { path: '/v1/embeddings' })

    const response = await post(resting, BODY, { path: '/v1/embeddings' })

    expect([response.status, resting.simulator.requests().length]).toEqual([503, 1])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    await resting.stop()
  })

  test('never of another model, whose vectors do not compare', async () => {
    const routes = (one: Provider) => ({
      routes: { m: ['a', 'b'].map((model) => ({ provider: one, model })) },
    })
    const routed = await openProxy({ provider: { ...CHAT_PROVIDER, paths: PATHS }, routes })
    routed.simulator.enqueue({ match, status: 429 })

    const response = await post(routed, BODY, { path: '/v1/embeddings' })

    expect(response.status).toBe(429)
    expect(routed.simulator.requests().map(({ json }) => Object(json).model)).toEqual(['a'])
    await routed.stop()
  })

  test("never by a vendor's other form, which has no embeddings: of a model that is unknown the client is told", async () => {
    const routes = (one: Provider) => {
      const forms = [{ provider: { ...one, form: 'openai' }, models: '*' }]
      const provider: Provider = { ...one, dialect: 'anthropic', paths: NO_PATHS, forms }
      return { routes: { m: [{ provider, model: 'm' }] } }
    }
    const both = await openProxy({ provider: { ...CHAT_PROVIDER, paths: PATHS }, routes })
    const message = 'no such model'
    both.simulator.enqueue({ match, status: 404, message }, { status: 400, message: 'messages is missing' })

    const response = await post(both, BODY, { path: '/v1/embeddings' })

    const asked = both.simulator.requests().map(({ path }) => path)
    expect([response.status, asked]).toEqual([404, ['/v1/embeddings']])
    expect(await response.text()).toContain(message)
    await both.stop()
  })
})
