import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { HELLO, openProxy, post, type TestProxy, UPSTREAM_KEY } from '../support/proxy.ts'

const ONE = 'first-key-of-the-team-1234567890'
const TWO = 'second-key-of-the-team-1234567890'
let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy({ apiKeys: [ONE, TWO] })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

describe('where LYNKR_API_KEYS are set', () => {
  const admitted: [name: string, headers: Record<string, string>][] = [
    ['a key in x-api-key', { 'x-api-key': ONE }],
    ['a key as bearer token', { authorization: `Bearer ${TWO}` }],
    ['a key as bearer token, in lower case', { authorization: `bearer ${TWO}` }],
    ['a key beside a credential of another', { authorization: 'Bearer sk-ant-of-the-client', 'x-api-key': ONE }],
    [
      'a key beside a credential of another, the other way',
      { authorization: `Bearer ${ONE}`, 'x-api-key': 'sk-ant-x' },
    ],
  ]
  for (const [name, headers] of admitted) {
    test(`a request is admitted with ${name}, and no credential of the client goes upstream`, async () => {
      const response = await post(proxy, HELLO, { headers })
      const [record] = await proxy.settled(1)
      const [received] = proxy.simulator.requests()

      expect(response.status).toBe(200)
      expect(record?.keyId).toBe(JSON.stringify(headers).includes(ONE) ? 'static_1' : 'static_2')
      expect(received?.headers.get('x-api-key')).toBe(UPSTREAM_KEY)
      expect(received?.headers.get('authorization')).toBeNull()
    })
  }

  const refused: [name: string, headers: Record<string, string>][] = [
    ['no key', {}],
    ['an empty key', { 'x-api-key': '' }],
    ['a wrong key', { 'x-api-key': `${ONE}x` }],
    ['part of a key', { 'x-api-key': ONE.slice(0, -1) }],
    ['all keys at once', { 'x-api-key': `${ONE},${TWO}` }],
    ['a key in another case', { 'x-api-key': ONE.toUpperCase() }],
    ['a key with the wrong scheme', { authorization: `Basic ${ONE}` }],
    ['a key in another header', { 'api-key': ONE }],
    ['a key in a cookie', { cookie: `x-api-key=${ONE}` }],
    ['a key that only has our form', { 'x-api-key': `lynkr_${'a'.repeat(43)}` }],
    ["the upstream's key", { 'x-api-key': UPSTREAM_KEY }],
  ]
  for (const [name, headers] of refused) {
    for (const [method, path] of [
      ['POST', '/v1/messages'],
      ['POST', '/v1/messages/count_tokens'],
      ['GET', '/v1/models'],
    ] as const) {
      test(`${method} ${path} gets a 401 in the envelope with ${name}`, async () => {
        const response = await fetch(`${proxy.url}${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(method === 'POST' && { body: JSON.stringify(HELLO) }),
        })
        const { error } = JSON.parse(await response.text())

        expect(response.status).toBe(401)
        expect(response.headers.get('x-should-retry')).toBe('false')
        expect(error.type).toBe('authentication_error')
        expect(error.message).not.toContain(ONE)
        expect(proxy.simulator.requests()).toHaveLength(0)
      })
    }
  }

  test('a body is not read for who may not come in', async () => {
    const response = await post(proxy, '{broken')

    expect(response.status).toBe(401)
  })

  test('a page of any origin may come in with a key', async () => {
    const response = await post(proxy, HELLO, { headers: { 'x-api-key': ONE, origin: 'https://app.example' } })

    expect(response.status).toBe(200)
  })

  test("the shared credential's rate limits are not shown, its Retry-After is", async () => {
    const limits = { 'anthropic-ratelimit-requests-remaining': '3', 'x-codex-primary-used-percent': '3' }
    const headers = { ...limits, 'retry-after': '7' }
    proxy.simulator.enqueue({ status: 429, headers })

    const response = await post(proxy, HELLO, { headers: { 'x-api-key': ONE } })

    expect(Object.keys(limits).filter((name) => response.headers.has(name))).toEqual([])
    expect(response.headers.get('retry-after')).toBe('7')
  })
})
