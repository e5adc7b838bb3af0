import { afterEach, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'

const BETA = { 'anthropic-beta': 'message-threads-2026-08-12' }
const USER = { role: 'user', content: 'hi' }
const HELLO = { model: 'claude-sonnet-5-5', max_tokens: 20, messages: [USER] }
const CREATE = { ...HELLO, thread: { type: 'create' } }
const CONTINUE = { ...HELLO, thread: { type: 'continue', previous_message_id: 'msg_before' } }
/** On which the vendor's library sends the whole conversation. */
const NOT_FOUND = { type: 'error', error: { type: 'not_found_error', details: { error_code: 'thread_not_found' } } }

let proxy: TestProxy
afterEach(() => proxy.stop())

const ask = (body: object, headers: Record<string, string> = {}) =>
  post(proxy, body, { headers: { ...BETA, ...headers } })

describe('a conversation that Anthropic is asked to keep', () => {
  for (const row of [
    'bedrock',
    'vertex',
    'bedrock-converse',
    'gemini',
    'openai',
    'databricks',
    'custom',
    'openrouter-anthropic',
  ]) {
    test(`goes to ${row} whole, or not at all`, async () => {
      proxy = await openProxy({ provider: rowProvider(row) })

      const first = await ask(CREATE)
      const second = await ask(CONTINUE)

      expect(first.status).toBe(200)
      expect(first.headers.get('x-lynkr-dropped')?.split(',')).toContain('thread')
      expect(second.status).toBe(404)
      expect(await second.json()).toMatchObject(NOT_FOUND)
      expect(proxy.simulator.requests()).toHaveLength(1)
    })
  }

  test('is kept there for the only owner that there is', async () => {
    proxy = await openProxy()

    const statuses = [await ask(CREATE), await ask(CONTINUE)].map(({ status }) => status)

    expect(statuses).toEqual([200, 200])
    expect(proxy.simulator.requests().map(({ json }) => json)).toEqual([CREATE, CONTINUE])
  })

  test('is asked for with nothing new to say, where an answer paused', async () => {
    proxy = await openProxy({ simulator: { strict: false } })

    const response = await ask({ ...CONTINUE, messages: [] })

    expect(response.status).toBe(200)
  })

  test('is nobody’s who has a key of lynkr’s, since all share the account that keeps it', async () => {
    proxy = await openProxy({ apiKeys: ['a-key-of-at-least-22-characters'] })
    const key = { 'x-api-key': 'a-key-of-at-least-22-characters' }

    const first = await ask(CREATE, key)
    const second = await ask(CONTINUE, key)

    expect(first.status).toBe(200)
    expect(first.headers.get('x-lynkr-dropped')).toBe('thread')
    expect(await second.json()).toMatchObject(NOT_FOUND)
    expect(proxy.simulator.requests().map(({ json }) => json)).toEqual([HELLO])
  })

  test('is counted where it is kept, and nowhere else, for all that is new in it would be too few', async () => {
    const { max_tokens: _, ...counted } = CONTINUE
    const count = (headers: Record<string, string>) =>
      post(proxy, counted, { path: '/v1/messages/count_tokens', headers: { ...BETA, ...headers } })
    proxy = await openProxy()
    const own = await count({})
    await proxy.stop()
    proxy = await openProxy({ apiKeys: ['a-key-of-at-least-22-characters'] })
    const keyed = await count({ 'x-api-key': 'a-key-of-at-least-22-characters' })

    expect(own.status).toBe(200)
    expect(keyed.status).toBe(404)
    expect(await keyed.json()).toMatchObject(NOT_FOUND)
    expect(proxy.simulator.requests()).toHaveLength(0)
  })

  test('is not gone on with by a second name beside the one that was looked at', async () => {
    proxy = await openProxy({ apiKeys: ['a-key-of-at-least-22-characters'] })
    const twice = JSON.stringify(CONTINUE).replace(/}$/, ',"thread":null}')

    const response = await fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { ...BETA, 'content-type': 'application/json', 'x-api-key': 'a-key-of-at-least-22-characters' },
      body: twice,
    })

    expect(response.status).toBe(400)
    expect(proxy.simulator.requests()).toHaveLength(0)
  })
})
