import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, HELLO, INSTANCE_ID, openProxy, post, type TestProxy, UPSTREAM_KEY } from '../support/proxy.ts'
import { sendRaw, statusesOf } from '../support/raw-http.ts'

let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy()
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

/** Sends one request with these headers; what the upstream got. */
async function upstreamHeaders(headers: Record<string, string>): Promise<Headers> {
  await (await post(proxy, HELLO, { headers })).arrayBuffer()
  return proxy.simulator.requests()[0]?.headers ?? new Headers()
}

test('headers of the Messages interface do not go to a server that speaks Chat', async () => {
  const other = await openProxy({ provider: CHAT_PROVIDER })

  const headers = { 'anthropic-beta': 'effort-2025-11-24', 'anthropic-version': '2023-06-01', 'x-other': 'kept' }
  await (await post(other, HELLO, { headers })).arrayBuffer()

  const seen = other.simulator.requests()[0]?.headers
  expect([seen?.get('anthropic-beta'), seen?.get('anthropic-version'), seen?.get('x-other')]).toEqual([
    null,
    null,
    'kept',
  ])
  await other.stop()
})

describe('a request header', () => {
  const forwarded: [name: string, value: string][] = [
    ['anthropic-version', '2024-01-01'],
    ['anthropic-beta', 'new-thing-2027-01-01,effort-2025-11-24, interleaved-thinking-2025-05-14'],
    ['anthropic-workspace-id', 'wrkspc_1'],
    ['x-client-request-id', 'abc'],
    ['x-of-the-customer', 'kept'],
  ]
  for (const [name, value] of forwarded) {
    test(`goes on as it is: ${name}`, async () => {
      expect((await upstreamHeaders({ [name]: value })).get(name)).toBe(value)
    })
  }

  const consumed: [name: string, value: string][] = [
    ['authorization', 'Bearer of-the-client'],
    ['cookie', 'session=1'],
    ['api-key', 'of-the-client'],
    ['x-goog-api-key', 'of-the-client'],
    ['proxy-authorization', 'Basic abc'],
    ['x-authorization', 'Bearer of-the-client'],
    ['x-auth-token', 'of-the-client'],
    ['x-portkey-api-key', 'of-the-client'],
    ['helicone-auth', 'Bearer of-the-client'],
    ['ocp-apim-subscription-key', 'of-the-client'],
    ['x-goog-iap-jwt-assertion', 'of-the-client'],
    ['x-amz-security-token', 'of-the-client'],
    ['x-amz-date', '20260101T000000Z'],
    ['x-goog-user-project', 'who-pays'],
    ['x-http-method-override', 'DELETE'],
    ['x-original-url', '/v1/organizations'],
    ['via', '1.1 inner.example'],
    ['true-client-ip', '10.0.0.1'],
    ['te', 'trailers'],
    ['trailer', 'x-sum'],
    ['keep-alive', 'timeout=5'],
    ['proxy-connection', 'keep-alive'],
    ['forwarded', 'for=10.0.0.1'],
    ['x-forwarded-for', '10.0.0.1'],
    ['x-forwarded-host', 'inner.example'],
    ['x-real-ip', '10.0.0.1'],
    ['origin', 'http://localhost:3000'],
    ['referer', 'http://localhost:3000/'],
    ['x-app', 'cli'],
    ['x-stainless-lang', 'js'],
    ['x-claude-code-session-id', 'abc'],
    ['x-claude-code-anything-new', 'abc'],
    ['anthropic-dangerous-direct-browser-access', 'true'],
    ['sec-fetch-site', 'same-origin'],
    ['x-lynkr-anything', 'abc'],
  ]
  for (const [name, value] of consumed) {
    test(`ends at lynkr: ${name}`, async () => {
      expect((await upstreamHeaders({ [name]: value })).get(name)).toBeNull()
    })
  }

  const payers: [name: string, row: string, paths: readonly string[]][] = [
    ['openai-organization', 'openai', ['/v1/chat/completions', '/v1/embeddings']],
    ['openai-project', 'openai', ['/v1/chat/completions', '/v1/embeddings']],
    ['anthropic-workspace-id', 'anthropic', ['/v1/messages', '/v1/messages/count_tokens']],
    ['x-vertex-ai-llm-shared-request-type', 'anthropic', ['/v1/messages', '/v1/messages/count_tokens']],
    ['x-vertex-ai-llm-request-type', 'openai', ['/v1/chat/completions', '/v1/embeddings']],
  ]
  for (const [name, row, paths] of payers) {
    test(`that says who pays ends at lynkr where the client has a key of lynkr's: ${name}`, async () => {
      const key = 'a-key-of-at-least-22-characters'
      const shared = await openProxy({ apiKeys: [key], provider: rowProvider(row) })

      for (const path of paths) {
        const headers = { [name]: 'other', 'x-api-key': key }
        await (await post(shared, { ...HELLO, input: 'hi' }, { path, headers })).arrayBuffer()
      }

      const names = shared.simulator.requests().map(({ headers }) => headers.get(name))
      await shared.stop()
      expect(names).toEqual([null, null])
    })
  }

  test('that the operator has set for a provider is not set otherwise by a client', async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'x-tenant': 'of-the-operator' }
    const other = await openProxy({ provider: { headers } })

    const sent = { 'X-Tenant': 'of-the-client', 'anthropic-version': '2024-01-01' }
    await (await post(other, HELLO, { headers: sent })).arrayBuffer()

    const seen = other.simulator.requests()[0]?.headers
    await other.stop()
    expect([seen?.get('x-tenant'), seen?.get('anthropic-version')]).toEqual(['of-the-operator', '2024-01-01'])
  })

  test("the client's key is replaced by the operator's", async () => {
    expect((await upstreamHeaders({ 'x-api-key': 'of-the-client' })).get('x-api-key')).toBe(UPSTREAM_KEY)
  })

  test('encoded answers are not asked for, whatever the client takes', async () => {
    expect((await upstreamHeaders({ 'accept-encoding': 'gzip, br, zstd' })).get('accept-encoding')).toBe('identity')
  })

  test("the client's own program is not named", async () => {
    const agent = (await upstreamHeaders({ 'user-agent': 'claude-cli/2.1.330' })).get('user-agent')

    expect(agent).not.toContain('claude-cli')
  })

  test('named by Connection ends at lynkr', async () => {
    const body = JSON.stringify(HELLO)
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nconnection: close, X-Per-Hop ,x-other\r\nx-per-hop: 1\r\nx-other: 2\r\nx-kept: 3\r\ncontent-length: ${body.length}\r\n\r\n`

    expect(statusesOf(await sendRaw(proxy.port, head + body))).toEqual([200])
    const headers = proxy.simulator.requests()[0]?.headers
    expect(headers?.get('x-per-hop')).toBeNull()
    expect(headers?.get('x-other')).toBeNull()
    expect(headers?.get('x-kept')).toBe('3')
  })

  test('the version that the provider needs is there when the client sends none', async () => {
    expect((await upstreamHeaders({})).get('anthropic-version')).toBe('2023-06-01')
  })

  test('the host is the upstream', async () => {
    expect((await upstreamHeaders({})).get('host')).toBe(`127.0.0.1:${proxy.simulator.port}`)
  })
})

describe('the query', () => {
  for (const query of ['?beta=true', '?a=1&b=%2F%20+&c', '?x=é'.normalize()]) {
    test(`goes on as it is: ${query}`, async () => {
      await post(proxy, HELLO, { path: `/v1/messages${query}` })

      expect(proxy.simulator.requests()[0]?.query).toBe(new URL(`http://h/${query}`).search)
    })
  }

  test.each([
    ['?user=a', '?api-version=2024-10-21&user=a'],
    ['?api-version=2026-01-01&user=a%26b', '?api-version=2024-10-21&user=a%26b'],
    ['?api%2Dversion=2026-01-01', '?api-version=2024-10-21'],
    ['?', '?api-version=2024-10-21'],
  ])('%s stands behind the provider’s own, whose parameters are the operator’s word', async (query, sent) => {
    const azure = await openProxy({ provider: rowProvider('azure-openai-dated') })

    await (await post(azure, HELLO, { path: `/v1/chat/completions${query}` })).arrayBuffer()

    expect(azure.simulator.requests()[0]?.query).toBe(sent)
    await azure.stop()
  })
})

describe('a trace', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

  test('is continued under a span of our own, with its state', async () => {
    const headers = await upstreamHeaders({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'vendor=a' })

    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
    expect(headers.get('tracestate')).toBe('vendor=a')
    expect(proxy.records[0]?.traceId).toBe(TRACE)
  })

  test('is begun where there is none, or none that is valid', async () => {
    const headers = await upstreamHeaders({ traceparent: '00-zz-zz-01', tracestate: 'vendor=a' })

    expect(headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(headers.get('tracestate')).toBeNull()
  })
})

describe('a request that has been here before', () => {
  for (const [path, method] of [
    ['/v1/messages', 'POST'],
    ['/v1/messages/count_tokens', 'POST'],
    ['/v1/models', 'GET'],
  ] as const) {
    test(`is refused at ${path}`, async () => {
      const response = await fetch(`${proxy.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-lynkr-hops': `other, ${INSTANCE_ID}` },
        ...(method === 'POST' && { body: JSON.stringify(HELLO) }),
      })

      expect(response.status).toBe(400)
      expect(await response.text()).toContain('already passed')
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  test('through another instance only goes on, and bears both names', async () => {
    expect((await upstreamHeaders({ 'x-lynkr-hops': 'other' })).get('x-lynkr-hops')).toBe(`other, ${INSTANCE_ID}`)
  })
})

describe('an answer bears', () => {
  test('the id of the request, and the upstream’s own', async () => {
    proxy.simulator.enqueue({ headers: { 'request-id': 'req_upstream' } })

    const { headers } = await post(proxy, HELLO)

    expect(headers.get('request-id')).toBe('req_upstream')
    expect(headers.get('x-lynkr-request-id')).toBe(proxy.records[0]?.requestId ?? 'none')
  })

  test('the id that the client gave, if it is harmless', async () => {
    const named = await post(proxy, HELLO, { headers: { 'x-request-id': 'my-request.1' } })
    const hostile = await post(proxy, HELLO, { headers: { 'x-request-id': 'a b"' } })

    expect(named.headers.get('x-lynkr-request-id')).toBe('my-request.1')
    expect(hostile.headers.get('x-lynkr-request-id')).toStartWith('req_')
  })

  const returned = [
    'retry-after',
    'retry-after-ms',
    'x-should-retry',
    'anthropic-organization-id',
    'anthropic-ratelimit-tokens-remaining',
    'anthropic-ratelimit-unified-status',
    'x-codex-turn-state',
    'x-reasoning-included',
    'x-codex-primary-used-percent',
    'x-codex-secondary-reset-at',
    'x-codex-credits-balance',
  ]
  for (const stream of [false, true]) {
    test(`what clients act on, and nothing else of the upstream (stream: ${stream})`, async () => {
      const secret = {
        'set-cookie': 'a=1',
        server: 'inner',
        'x-internal-host': 'inner',
        'access-control-allow-origin': '*',
        'cf-ray': 'x',
      }
      proxy.simulator.enqueue({ headers: { ...secret, ...Object.fromEntries(returned.map((name) => [name, '1'])) } })

      const response = await post(proxy, { ...HELLO, stream })
      await response.arrayBuffer()

      expect(returned.filter((name) => response.headers.get(name) !== '1')).toEqual([])
      expect(Object.keys(secret).filter((name) => response.headers.has(name))).toEqual([])
      expect(response.headers.get('content-type')).toStartWith(stream ? 'text/event-stream' : 'application/json')
    })
  }
})
