import { afterEach, describe, expect, test } from 'bun:test'
import { openSingleFlight } from '../../src/cache/single-flight.ts'
import type { CredentialOwner } from '../../src/core/target.ts'
import type { AnswerCache } from '../../src/pipeline/ports.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { openSqliteResponseCache } from '../../src/store/sqlite-response-cache.ts'
import {
  CHAT_PROVIDER,
  HELLO,
  openProxy,
  type ProxyOptions,
  post,
  providerAt,
  type TestProxy,
  UPSTREAM_KEY,
} from '../support/proxy.ts'

const LYNKR_KEY = 'a-lynkr-key-of-the-operator'
const TOKEN = 'Bearer sk-ant-oat01-the-token-of-a-subscriber'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(credential: CredentialOwner, options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = await openProxy({
    apiKeys: [LYNKR_KEY],
    ...options,
    provider: { credential, keys: [], ...options.provider },
  })
  opened.push(() => proxy.stop())
  return proxy
}

/** The credentials that the upstream saw, request by request. */
function seen({ simulator }: TestProxy) {
  return simulator
    .requests()
    .map(({ headers }) => ({ authorization: headers.get('authorization'), key: headers.get('x-api-key') }))
}

describe("a provider that takes the client's own credential", () => {
  test('gets the token as it came, and never the lynkr key that stands beside it', async () => {
    const proxy = await open('client')

    const response = await post(proxy, HELLO, { headers: { authorization: TOKEN, 'x-api-key': LYNKR_KEY } })

    expect(response.status).toBe(200)
    expect(seen(proxy)).toEqual([{ authorization: TOKEN, key: null }])
  })

  test('gets a bare key in its own header, when the lynkr key is the bearer token', async () => {
    const proxy = await open('client')

    await post(proxy, HELLO, { headers: { authorization: `Bearer ${LYNKR_KEY}`, 'x-api-key': 'sk-ant-mine' } })

    expect(seen(proxy)).toEqual([{ authorization: null, key: 'sk-ant-mine' }])
  })

  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    test(`is not asked on ${path} without one, and the client is told what to send`, async () => {
      const proxy = await open('client')

      const response = await post(proxy, HELLO, { path, headers: { 'x-api-key': LYNKR_KEY } })
      const { error } = (await response.json()) as { error: { type: string; message: string } }

      expect(response.status).toBe(401)
      expect(error.type).toBe('authentication_error')
      expect(error.message).toContain('your own credential')
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  test('is asked for counts with the same credential', async () => {
    const proxy = await open('client')
    const headers = { authorization: TOKEN, 'x-api-key': LYNKR_KEY }

    await post(proxy, HELLO, { path: '/v1/messages/count_tokens', headers })

    expect(seen(proxy)).toEqual([{ authorization: TOKEN, key: null }])
  })

  test('does not get a token that only looks like a lynkr key', async () => {
    const proxy = await open('client')
    const revoked = `lynkr_${'a'.repeat(43)}`

    const response = await post(proxy, HELLO, {
      headers: { authorization: `Bearer ${revoked}`, 'x-api-key': LYNKR_KEY },
    })

    expect(response.status).toBe(401)
    expect(proxy.simulator.requests()).toHaveLength(0)
  })

  test('does not get the credential of a client of another vendor', async () => {
    const proxy = await open('client')

    const response = await post(proxy, HELLO, {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-openai', 'x-api-key': LYNKR_KEY },
    })

    expect(response.status).toBe(401)
    expect(proxy.simulator.requests()).toHaveLength(0)
  })

  test('shows the client its own rate limits, in answers and in refusals', async () => {
    const proxy = await open('client')
    const limits = { 'anthropic-ratelimit-requests-remaining': '3' }
    proxy.simulator.enqueue({ headers: limits }, { status: 429, headers: { ...limits, 'retry-after': '7' } })
    const headers = { authorization: TOKEN, 'x-api-key': LYNKR_KEY }

    const answers = [await post(proxy, HELLO, { headers }), await post(proxy, HELLO, { headers })]

    expect(answers.map(({ status }) => status)).toEqual([200, 429])
    expect(answers.map((answer) => answer.headers.get('anthropic-ratelimit-requests-remaining'))).toEqual(['3', '3'])
  })

  test('shows the client its own rate limits in embeddings, too', async () => {
    const paths = { chat: '/v1/chat/completions', countTokens: null, models: null, embeddings: '/v1/embeddings' }
    const proxy = await open('client', { provider: { ...CHAT_PROVIDER, paths, credential: 'client', keys: [] } })
    const headers = { authorization: 'Bearer sk-openai', 'x-api-key': LYNKR_KEY }

    const response = await post(proxy, { model: 'm', input: 'a' }, { path: '/v1/embeddings', headers })

    expect(response.status).toBe(200)
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('4999')
  })

  test("makes nobody wait for one client's 429, and nobody suffer for its 401", async () => {
    const proxy = await open('client', { pipeline: { protections: openProtections() } })
    const mine = { authorization: TOKEN, 'x-api-key': LYNKR_KEY }
    proxy.simulator.enqueue(...Array.from({ length: 20 }, (_, i) => ({ status: i % 2 === 0 ? 429 : 401 })))

    for (let i = 0; i < 20; i++) await post(proxy, HELLO, { headers: mine })
    const other = await post(proxy, HELLO, { headers: { ...mine, authorization: 'Bearer of-another' } })

    expect(other.status).toBe(200)
    expect(seen(proxy)).toHaveLength(21)
  })

  test('is not left for another target after a 401: only the client can renew its token', async () => {
    const other = await openProxy()
    opened.push(() => other.stop())
    const proxy = await open('client', {})
    const mine = { ...providerAt(proxy.simulator.url), credential: 'client' as const, keys: [] }
    const shared = { ...providerAt(other.simulator.url), id: 'shared' }
    const target = (provider: typeof mine | typeof shared) => ({ provider, model: HELLO.model })
    const routed = await open('client', {
      routes: {
        providers: [mine, shared],
        defaultProvider: mine,
        routes: { [HELLO.model]: [target(mine), target(shared)] },
      },
    })
    proxy.simulator.enqueue({ status: 401 }, { status: 429 })
    const headers = { authorization: TOKEN, 'x-api-key': LYNKR_KEY, 'x-stainless-retry-count': '0' }

    const statuses = [(await post(routed, HELLO, { headers })).status, (await post(routed, HELLO, { headers })).status]

    expect(statuses).toEqual([401, 200])
    expect(seen(other)).toEqual([{ authorization: null, key: UPSTREAM_KEY }])
  })

  test('works without lynkr keys too, on loopback', async () => {
    const proxy = await openProxy({ provider: { credential: 'client', keys: [] } })
    opened.push(() => proxy.stop())

    const response = await post(proxy, HELLO, { headers: { authorization: TOKEN } })

    expect(response.status).toBe(200)
    expect(seen(proxy)).toEqual([{ authorization: TOKEN, key: null }])
  })

  test('tells nobody the credential: no record, no error', async () => {
    const proxy = await open('client')
    proxy.simulator.enqueue({ status: 500 })

    await post(proxy, HELLO, { headers: { authorization: TOKEN, 'x-api-key': LYNKR_KEY } })
    const told = Bun.inspect([proxy.records, proxy.errors], { depth: 12 })

    expect(told).not.toContain('the-token-of-a-subscriber')
  })
})

describe("a provider that takes either the client's credential or the operator's", () => {
  test("takes the client's where there is one, and the operator's where not", async () => {
    const { keys } = providerAt('')
    const proxy = await open('either', { provider: { keys } })

    await post(proxy, HELLO, { headers: { authorization: TOKEN, 'x-api-key': LYNKR_KEY } })
    await post(proxy, HELLO, { headers: { 'x-api-key': LYNKR_KEY } })

    expect(seen(proxy)).toEqual([
      { authorization: TOKEN, key: null },
      { authorization: null, key: UPSTREAM_KEY },
    ])
  })

  test('in the other family of dialects gets the token of its own clients', async () => {
    const proxy = await open('either', { provider: { ...CHAT_PROVIDER, keys: [] } })

    const body = { model: 'gpt-5', messages: [{ role: 'user', content: 'hi' }] }
    await post(proxy, body, {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-mine', 'x-api-key': LYNKR_KEY },
    })

    expect(seen(proxy)).toEqual([{ authorization: 'Bearer sk-mine', key: null }])
  })
})

describe("the cache and a client's own credential", () => {
  const accounts = ['Bearer sk-ant-of-ann', 'Bearer sk-ant-of-bob']
  const ask = async (proxy: TestProxy, authorization: string, key = LYNKR_KEY) => {
    const headers = { authorization, 'x-api-key': key, 'x-lynkr-cache': 'on' }
    const response = await post(proxy, HELLO, { headers })
    await response.text()
    return response.headers.get('x-lynkr-cache')
  }

  for (const isShared of [false, true]) {
    test(`one account never sees another's answer, ${isShared ? 'even where keys share theirs' : 'by one lynkr key'}`, async () => {
      const store = openSqliteResponseCache({
        path: ':memory:',
        bytesMax: 1e6,
        ageMaxMs: 6e4,
        onFault: () => undefined,
      })
      const wishes = { isShared, isOnFor: () => false, onLookup: () => undefined }
      const cache: AnswerCache = { store, flights: openSingleFlight(), sha256, ...wishes }
      const proxy = await open('client', { pipeline: { cache } })

      const results = []
      for (const account of [...accounts, ...accounts]) results.push(await ask(proxy, account))

      expect(results).toEqual(['miss', 'miss', 'hit', 'hit'])
    })
  }
})
