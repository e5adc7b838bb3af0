import { expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, post } from '../support/proxy.ts'

const PATHS = { messages: '/v1/messages', chat: '/v1/chat/completions', responses: '/v1/responses' } as const
type Client = keyof typeof PATHS

const BODIES = { messages: HELLO, chat: HELLO, responses: { model: HELLO.model, input: 'hello' } }

const REFUSED = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too many' } }
const OVERFLOW = { error: { message: "This model's maximum context length is 8192 tokens.", code: 400 } }
const LIMITED = { error: { message: 'Provider returned error', code: 429 } }
const UNSAFE = { error: { message: 'flagged by the policy', code: 'invalid_prompt' } }

const ROWS: [Client, string, object, number, string][] = [
  ['messages', 'anthropic', REFUSED, 400, 'max_tokens: too many'],
  ['chat', 'anthropic', REFUSED, 400, 'max_tokens: too many'],
  ['chat', 'openai', OVERFLOW, 400, 'context_length_exceeded'],
  ['messages', 'openai', OVERFLOW, 400, 'prompt is too long'],
  ['responses', 'openai-responses', UNSAFE, 400, 'flagged by the policy'],
  ['messages', 'openai-responses', UNSAFE, 400, 'flagged by the policy'],
]

test.each(ROWS.flatMap((row) => [[false, ...row] as const, [true, ...row] as const]))(
  'an error in an answer of 200 is what it says, stream %p: %s before %s',
  async (stream, client, row, body, status, told) => {
    const proxy = await openProxy({ provider: rowProvider(row) })
    proxy.simulator.setDefault({ status: 200, body: JSON.stringify(body) })

    const response = await post(proxy, { ...BODIES[client], stream }, { path: PATHS[client] })

    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(told)])
    expect((await proxy.settled(1))[0]?.attempts).toBe(1)
    await proxy.stop()
  },
)

test('a limit that is told in an answer of 200 has its key rest, and is asked again after that', async () => {
  const proxy = await openProxy({ provider: rowProvider('openai') })
  proxy.simulator.enqueue({ status: 200, body: JSON.stringify(LIMITED) })

  const response = await post(proxy, HELLO, { path: PATHS.chat, headers: { 'x-stainless-retry-count': '0' } })

  expect(response.status).toBe(200)
  expect((await proxy.settled(1))[0]?.attemptList[0]?.errorKind).toBe('upstream_rate_limited')
  await proxy.stop()
})

test.each([
  ['a page', '<html>Log in</html>', 502, 'upstream_malformed'],
  ['an error', JSON.stringify(LIMITED), 429, 'upstream_rate_limited'],
] as const)('embeddings are no embeddings where an answer of 200 is %s', async (_, body, status, kind) => {
  const proxy = await openProxy({ provider: rowProvider('openai') })
  proxy.simulator.enqueue({ match: { operation: 'embeddings' }, status: 200, body })

  const response = await post(proxy, { model: 'm', input: 'x' }, { path: '/v1/embeddings' })

  const [record] = await proxy.settled(1)
  expect([response.status, record?.errorKind, record?.usage]).toEqual([status, kind, null])
  await proxy.stop()
})
