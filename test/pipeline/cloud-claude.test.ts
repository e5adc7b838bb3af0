import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { systemScheduler } from '../../src/core/clock.ts'
import { Secret } from '../../src/core/secret.ts'
import { simulatedServiceAccount } from '../../src/simulator/google-account.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const BETA = 'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,brand-new-2026-01-01'
const MANAGED = { ...HELLO, context_management: { edits: [] }, mcp_servers: [] }

for (const row of ['bedrock', 'vertex'] as const) {
  describe(`Claude on ${row}`, () => {
    let proxy: TestProxy
    beforeAll(async () => {
      proxy = await openProxy({ provider: rowProvider(row) })
    })
    afterEach(() => proxy.clear())
    afterAll(() => proxy.stop())

    test('is asked at the path that names the model, streamed and whole, without a word of it in the body', async () => {
      for (const stream of [false, true]) {
        const response = await post(proxy, { ...HELLO, stream }, { path: '/v1/messages?beta=true' })
        expect([response.status, (await response.text()).includes('Hello from')]).toEqual([200, true])
      }

      const seen = proxy.simulator.requests().map(({ path, query, json }) => ({ path: path + query, json }))
      const model = row === 'bedrock' ? 'global.anthropic.claude-sonnet-5-5' : 'claude-sonnet-5-5'
      const before =
        row === 'bedrock' ? '/model/' : '/v1/projects/a-project/locations/global/publishers/anthropic/models/'
      const [whole, streamed] =
        row === 'bedrock' ? ['/invoke', '/invoke-with-response-stream'] : [':rawPredict', ':streamRawPredict']
      const version = row === 'bedrock' ? 'bedrock-2023-05-31' : 'vertex-2023-10-16'
      const { model: _, ...rest } = HELLO
      const body = (stream: boolean) => ({
        ...rest,
        anthropic_version: version,
        ...(row === 'vertex' && { stream }),
      })
      expect(seen).toEqual([
        { path: `${before}${model}${whole}`, json: body(false) },
        { path: `${before}${model}${streamed}`, json: body(true) },
      ])
    })

    test('gets the betas that it knows and the members they enable; what it does not know is named', async () => {
      const response = await post(proxy, MANAGED, { headers: { 'anthropic-beta': BETA } })

      const [received] = proxy.simulator.requests()
      const json = Object(received?.json)
      const known = ['interleaved-thinking-2025-05-14', 'context-management-2025-06-27']
      expect(response.status).toBe(200)
      expect(json.anthropic_beta).toEqual(row === 'bedrock' ? known : undefined)
      expect(received?.headers.get('anthropic-beta')).toBe(row === 'bedrock' ? null : known.join(','))
      expect(Object.keys(json)).toContain('context_management')
      expect(Object.keys(json)).not.toContain('mcp_servers')
      expect(response.headers.get('x-lynkr-dropped')).toBe('anthropic-beta, mcp_servers')
    })

    test('compacts where it can be asked to', async () => {
      const edits = [{ type: 'compact_20260112' }]
      const headers = { 'anthropic-beta': 'compact-2026-01-12' }

      const response = await post(proxy, { ...HELLO, context_management: { edits } }, { headers })

      const [received] = proxy.simulator.requests()
      const { anthropic_beta: betas, context_management: management } = Object(received?.json)
      const isBedrock = row === 'bedrock'
      expect(response.status).toBe(200)
      expect([betas, management]).toEqual(isBedrock ? [['compact-2026-01-12'], { edits }] : [undefined, undefined])
      expect(response.headers.get('x-lynkr-dropped')).toBe(isBedrock ? null : 'anthropic-beta, context_management')
    })

    test('takes what a current Claude Code sends at the first try, without the features whose betas it does not know', async () => {
      const betas = 'per-turn-control-2026-07-01,advanced-tool-use-2025-11-20,thinking-display-updates-2026-08-18'
      const { messages } = HELLO
      const reminder = { role: 'system', content: 'Be brief.', output_config: { effort: 'low' } }
      const tool = { name: 'Read', input_schema: { type: 'object' }, defer_loading: true }
      const thinking = { type: 'adaptive', display: 'updates' }
      const body = { ...HELLO, messages: [...messages, reminder], tools: [tool], thinking }

      const response = await post(proxy, body, { headers: { 'anthropic-beta': betas } })

      expect([response.status, proxy.simulator.requests().length]).toEqual([200, 1])
      expect(response.headers.get('x-lynkr-dropped')).toBe(
        'anthropic-beta, messages.output_config, advanced_tool_use, thinking.display',
      )
      expect(proxy.simulator.requests()[0]?.json).toMatchObject({
        messages: [...messages, { role: 'system', content: 'Be brief.' }],
        thinking: { type: 'adaptive' },
      })
    })

    test('keeps the time to live of a cache mark, which no longer needs its beta', async () => {
      const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } }]
      const body = { ...HELLO, messages: [{ role: 'user', content }] }

      const response = await post(proxy, body, { headers: { 'anthropic-beta': 'extended-cache-ttl-2025-04-11' } })

      expect(response.status).toBe(200)
      expect(proxy.simulator.requests()[0]?.json).toMatchObject({ messages: body.messages })
    })

    test('loses nothing for a marker of the client, and a member goes without its beta', async () => {
      const marked = await post(proxy, HELLO, { headers: { 'anthropic-beta': 'claude-code-20250219' } })
      const unmarked = await post(proxy, { ...HELLO, context_management: { edits: [] } })

      expect(marked.headers.get('x-lynkr-dropped')).toBeNull()
      expect(unmarked.headers.get('x-lynkr-dropped')).toBe('context_management')
    })

    test('is refused to a client that is strict, where something would be lost', async () => {
      const headers = { 'anthropic-beta': BETA, 'x-lynkr-strict': 'true' }
      const response = await post(proxy, MANAGED, { headers })

      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('mcp_servers')])
      expect(proxy.simulator.requests()).toEqual([])
    })

    test('tells of a prompt that does not fit in the words on which clients compact', async () => {
      const message = 'Input is too long for requested model.'
      proxy.simulator.enqueue({ status: 400, message: row === 'bedrock' ? message : 'prompt is too long: 9 > 8' })

      const json = JSON.parse(await (await post(proxy, HELLO)).text())

      expect(json.type).toBe('error')
      expect(json.error.type).toBe('invalid_request_error')
      expect(json.error.message).toStartWith('prompt is too long')
    })

    test('shows neither the account nor its addresses in an error', async () => {
      const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.x'
      proxy.simulator.enqueue({ status: 403, message: `User 123456789012 may not use ${arn}` })

      const text = await (await post(proxy, HELLO)).text()

      if (row === 'bedrock') expect(text).not.toContain('123456789012')
      expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'permission_error' } })
    })
  })
}

test('Vertex counts tokens at its one path for all models', async () => {
  const proxy = await openProxy({ provider: rowProvider('vertex') })
  const { max_tokens: _, ...counted } = HELLO

  const response = await post(proxy, counted, { path: '/v1/messages/count_tokens?beta=true' })

  expect(JSON.parse(await response.text()).input_tokens).toBeGreaterThan(0)
  expect(response.headers.get('x-lynkr-counted')).toBeNull()
  const [received] = proxy.simulator.requests()
  expect(received?.path).toEndWith('/publishers/anthropic/models/count-tokens:rawPredict')
  expect(received?.json).toEqual({ ...counted, anthropic_version: 'vertex-2023-10-16' })
  await proxy.stop()
})

test('a wrong AWS secret is an authentication error of the upstream, and no client sees why in detail', async () => {
  const keys = [new Secret('AKIASIMULATED0000001:wrong')]
  const proxy = await openProxy({ provider: { ...rowProvider('bedrock'), keys } })

  const response = await post(proxy, HELLO)

  expect(response.status).toBe(403)
  expect(proxy.errors[0]?.kind).toBe('upstream_auth')
  expect(await response.text()).not.toContain('AKIA')
  await proxy.stop()
})

test('a service account signs in at the first request, and the token goes as bearer', async () => {
  const auth = { type: 'google' } as const
  const proxy = await openProxy({ provider: { ...rowProvider('vertex'), auth, keys: [new Secret('{}')] } })
  await proxy.stop()
  const broken = await openProxy({ provider: { ...rowProvider('vertex'), auth, keys: [new Secret('{}')] } })
  const refused = await post(broken, HELLO)
  expect([refused.status, broken.errors[0]?.kind]).toEqual([401, 'upstream_auth'])
  expect(broken.simulator.requests()).toEqual([])
  await broken.stop()
})

test('a whole conversation goes by service account', async () => {
  const { startSimulator } = await import('../../src/simulator/simulator.ts')
  const simulator = await startSimulator()
  const keys = [new Secret(simulatedServiceAccount(simulator.url))]
  const provider = { ...rowProvider('vertex'), baseUrl: simulator.url, auth: { type: 'google' } as const, keys }
  const proxy = await openProxy({ provider, scheduler: systemScheduler })

  const first = await post(proxy, HELLO)
  const second = await post(proxy, { ...HELLO, stream: true })

  expect([first.status, second.status]).toEqual([200, 200])
  await Promise.all([first.text(), second.text()])
  const paths = simulator.requests().map(({ path }) => path.replace(/.*\//, ''))
  expect(paths).toEqual(['token', 'claude-sonnet-5-5:rawPredict', 'claude-sonnet-5-5:streamRawPredict'])
  await proxy.stop()
  await simulator.stop()
})
