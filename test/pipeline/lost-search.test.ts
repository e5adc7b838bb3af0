import { afterEach, describe, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, providerAt, type TestProxy } from '../support/proxy.ts'

const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 }
const CLAUDE_CODE = { headers: { 'user-agent': 'claude-cli/2.1.330 (external, cli)' } }
const RUN = { name: 'run', input_schema: { type: 'object' } }

let proxy: TestProxy
afterEach(() => proxy.stop())

describe('before a provider that has no search of the client’s dialect', () => {
  test('Claude Code’s request for nothing but a search is told that none was made, and nobody is asked', async () => {
    proxy = await openProxy({ provider: CHAT_PROVIDER })
    const body = { ...HELLO, stream: true, tools: [SEARCH], tool_choice: { type: 'auto' } }

    const response = await post(proxy, body, CLAUDE_CODE)

    expect(response.status).toBe(400)
    expect(JSON.parse(await response.text()).error.message).toContain('no search was made')
    expect(proxy.simulator.requests()).toHaveLength(0)
  })

  test('one that has to begin with a search is told so too', async () => {
    proxy = await openProxy({ provider: CHAT_PROVIDER })

    const forced = { type: 'tool', name: 'web_search' }
    const response = await post(proxy, { ...HELLO, tools: [RUN, SEARCH], tool_choice: forced })

    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('no search was made')])
  })

  test('a Responses client that forces a search by its type is told so', async () => {
    proxy = await openProxy({ provider: CHAT_PROVIDER })
    const run = { type: 'function', name: 'run', parameters: { type: 'object' } }
    const tools = [run, { type: 'web_search_preview' }]
    const body = { model: HELLO.model, input: 'news', tools, tool_choice: { type: 'web_search_preview' } }

    const response = await post(proxy, body, { path: '/v1/responses' })

    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('no search was made')])
  })

  test.each([
    ['lists a search beside other tools', { tools: [RUN, SEARCH] }],
    ['comes from a chat that may search', { tools: [SEARCH] }],
    ['may use no tool now', { tools: [SEARCH], tool_choice: { type: 'none' } }],
    ['lists tools that its client runs', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  ])('a request that %s goes on without, by name', async (_, members) => {
    proxy = await openProxy({ provider: CHAT_PROVIDER })

    const response = await post(proxy, { ...HELLO, ...members })

    expect(response.status).toBe(200)
    expect(response.headers.get('x-lynkr-dropped')).toContain('tools.server')
  })
})

test('a provider that has the search is asked where another has not', async () => {
  proxy = await openProxy({
    routes: ({ baseUrl }) => {
      const rows = ['openai', 'anthropic']
      const providers = rows.map((row) => ({ ...providerAt(baseUrl), ...rowProvider(row), baseUrl }))
      return { providers, routes: { [HELLO.model]: providers.map((provider) => ({ provider, model: HELLO.model })) } }
    },
  })

  const response = await post(proxy, { ...HELLO, tools: [SEARCH] }, CLAUDE_CODE)

  expect(response.status).toBe(200)
  expect((await proxy.settled(1))[0]?.attemptList.map(({ provider }) => provider)).toEqual(['anthropic'])
})
