import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../src/core/errors.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const PATHS = { chat: '/v1/chat/completions', countTokens: null, models: null, embeddings: '/v1/embeddings' }
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

function ask(signal?: AbortSignal): Promise<Response> {
  return post(proxy, BODY, { path: '/v1/embeddings', ...(signal !== undefined && { signal }) })
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
