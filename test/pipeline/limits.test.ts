import { afterEach, describe, expect, test } from 'bun:test'
import { OPEN_ACCESS, OPEN_SCOPES, type Principal } from '../../src/auth/principal.ts'
import type { LimitRule } from '../../src/budget/limit-rule.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'
import { openSocketClient } from '../support/socket-client.ts'
import { openTestSpending } from '../support/spending.ts'

const opened: TestProxy[] = []
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.stop()
})

/** A proxy whose clients name themselves in a header, so that one user can come by several keys. */
async function openLimited(limits: readonly LimitRule[], provider = {}): Promise<TestProxy> {
  const spending = openTestSpending({ limits })
  const authenticate = async (headers: Headers): Promise<Principal> => ({
    kind: 'stored',
    keyId: headers.get('x-api-key'),
    user: headers.get('x-user'),
    team: null,
    scopes: OPEN_SCOPES,
    access: OPEN_ACCESS,
  })
  const proxy = await openProxy({ apiKeys: [], provider, pipeline: { spending, authenticate } })
  opened.push(proxy)
  return proxy
}

const perMinute = (scope: LimitRule['scope'], match: string, limit: number): LimitRule => ({
  scope,
  match,
  unit: 'requestsPerMinute',
  limit,
})

describe('a limit of requests per minute', () => {
  test('of a user holds over all of its keys, and for nobody else', async () => {
    const proxy = await openLimited([perMinute('user', '*', 2)])
    const ask = (key: string, user: string) => post(proxy, HELLO, { headers: { 'x-api-key': key, 'x-user': user } })

    const statuses = []
    for (const [key, user] of [
      ['k1', 'ann'],
      ['k2', 'ann'],
      ['k3', 'ann'],
      ['k4', 'bob'],
    ] as const) {
      statuses.push((await ask(key, user)).status)
    }

    expect(statuses).toEqual([200, 200, 429, 200])
  })

  test('of a model holds for everybody, whatever the model is called by them, and says when to come back', async () => {
    const proxy = await openLimited([perMinute('model', 'its-name', 1)], { model: 'its-name' })

    const first = await post(proxy, HELLO, { headers: { 'x-user': 'ann' } })
    const second = await post(proxy, { ...HELLO, model: 'an-alias' }, { headers: { 'x-user': 'bob' } })
    const { error } = (await second.json()) as { error: { type: string } }

    expect([first.status, second.status, error.type]).toEqual([200, 429, 'rate_limit_error'])
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(proxy.simulator.requests()).toHaveLength(1)
  })

  test('of a model holds for embeddings too', async () => {
    const paths = { chat: '/v1/chat/completions', countTokens: null, models: null, embeddings: '/v1/embeddings' }
    const proxy = await openLimited([perMinute('model', 'm', 0)], { ...CHAT_PROVIDER, paths })

    const response = await post(proxy, { model: 'm', input: 'x' }, { path: '/v1/embeddings' })

    expect(response.status).toBe(429)
  })

  test('does not count what only counts tokens', async () => {
    const proxy = await openLimited([perMinute('global', '*', 0)])
    const { max_tokens: _, ...body } = HELLO

    const counted = await post(proxy, body, { path: '/v1/messages/count_tokens' })
    const asked = await post(proxy, HELLO)

    expect([counted.status, asked.status]).toEqual([200, 429])
  })
})

test('a place among concurrent requests comes back after every ending', async () => {
  const proxy = await openLimited([
    { scope: 'user', match: '*', unit: 'concurrentRequests', limit: 1 },
    { scope: 'model', match: '*', unit: 'concurrentRequests', limit: 1 },
  ])
  proxy.simulator.enqueue(
    { status: 500 },
    { fault: { type: 'reset', at: 'headers' } },
    { blocks: [{ text: 'half' }], fault: { type: 'eof', afterEvents: 4 } },
    { blocks: [{ text: 'whole' }] },
  )

  const statuses = []
  for (const stream of [false, false, true, true, false]) {
    const response = await post(proxy, { ...HELLO, stream }, { headers: { 'x-user': 'ann' } })
    await response.text().catch(() => '')
    await proxy.settled(statuses.push(response.status))
  }

  expect(statuses).toEqual([500, 502, 200, 200, 200])
})

describe('what is left of a limit is told', () => {
  const rules = [perMinute('user', '*', 5), perMinute('model', '*', 3)]

  test("in Anthropic's headers, by the scarcest, instead of the shared credential's", async () => {
    const proxy = await openLimited(rules)
    proxy.simulator.setDefault({ headers: { 'anthropic-ratelimit-requests-remaining': '999' } })

    const remaining = []
    for (let i = 0; i < 3; i++) {
      const { headers } = await post(proxy, { ...HELLO, stream: i > 0 }, { headers: { 'x-user': 'ann' } })
      remaining.push(headers.get('anthropic-ratelimit-requests-remaining'))
    }

    expect(remaining).toEqual(['2', '1', '0'])
  })

  test("in OpenAI's headers to its clients", async () => {
    const proxy = await openLimited(rules)

    const { headers } = await post(proxy, HELLO, { path: '/v1/chat/completions' })

    expect(headers.get('x-ratelimit-limit-requests')).toBe('3')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('2')
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^(19|20)\.\d{3}s$/)
  })
})

test('a limit of tokens per minute holds for turns on several WebSockets at once as for requests by HTTP', async () => {
  const proxy = await openLimited([{ scope: 'key', match: '*', unit: 'tokensPerMinute', limit: 10_000 }])
  const late = { firstDelayMs: 100, blocks: [{ text: 'Hi.' }] }
  proxy.simulator.enqueue(late, late)
  const turn = { type: 'response.create', model: 'm', input: 'x'.repeat(32_000) }
  const sockets = await Promise.all([1, 2].map(() => openSocketClient(proxy.url, { 'x-api-key': 'k1' })))

  for (const socket of sockets) socket.send(turn)
  const answers = await Promise.all(sockets.map((socket) => socket.answer()))

  const ends = answers.map((events) => events.at(-1)?.type).sort()
  expect(ends).toEqual(['error', 'response.completed'])
  for (const socket of sockets) socket.close()
})

test('a long message of a WebSocket is refused unread where its key has used up its limit', async () => {
  const proxy = await openLimited([{ scope: 'key', match: '*', unit: 'requestsPerMinute', limit: 1 }])
  const socket = await openSocketClient(proxy.url, { 'x-api-key': 'k1' })
  socket.send({ type: 'response.create', model: 'm', input: 'hi' })
  await socket.answer()

  socket.send(`{"type":"response.create","stream_id":"s-1","input":"${'x'.repeat(5_000)}`)
  const refused = await socket.next()

  expect(refused).toMatchObject({ type: 'error', status: 429, stream_id: 's-1' })
  socket.close()
})
