import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { ANONYMOUS, OPEN_SCOPES, type Principal, principalOf } from '../../src/auth/principal.ts'
import type { KeyScopes } from '../../src/core/store.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { keyRecord } from '../support/store-contract-rows.ts'

const MESSAGES = { model: 'claude-haiku-9', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }
const CHAT = { model: 'claude-haiku-9', messages: [{ role: 'user', content: 'hi' }] }
const SCHEMA = { type: 'object', properties: {} }

let proxy: TestProxy
let principal: Principal = ANONYMOUS

beforeAll(async () => {
  proxy = await openProxy({ pipeline: { authenticate: async () => principal } })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

/** From here on requests come from a key with these scopes. */
function use(scopes: Partial<KeyScopes>): void {
  principal = principalOf(keyRecord({ scopes: { ...OPEN_SCOPES, ...scopes } }))
}

async function answer(body: unknown, path = '/v1/messages') {
  const response = await post(proxy, body as object, { path })
  return { status: response.status, json: await response.json() }
}

describe('a key with a list of tools', () => {
  test.each([
    ['a tool of the client', { tools: [{ name: 'Bash', input_schema: SCHEMA }] }, 'Bash', 'tools.0.name'],
    [
      'one that says it is custom',
      { tools: [{ type: 'custom', name: 'Bash', input_schema: SCHEMA }] },
      'Bash',
      'tools.0.name',
    ],
    [
      'one of the vendor, by its type',
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'web_search',
      'tools.0',
    ],
    [
      'one of the vendor under a harmless name',
      { tools: [{ type: 'bash_20250124', name: 'Read' }] },
      'bash',
      'tools.0',
    ],
    [
      'one of the vendor, by its name',
      { tools: [{ type: 'text_editor_20250728', name: 'edit_tool' }] },
      'edit_tool',
      'tools.0',
    ],
    [
      'a server that the vendor calls',
      { mcp_servers: [{ type: 'url', name: 'jira', url: 'https://x' }] },
      'mcp__jira',
      'mcp_servers.0',
    ],
    ['its tools', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'jira' }] }, 'mcp__jira', 'tools.0'],
    [
      'the second of two',
      {
        tools: [
          { name: 'Read', input_schema: SCHEMA },
          { name: 'Bash', input_schema: SCHEMA },
        ],
      },
      'Bash',
      'tools.1.name',
    ],
  ])('may not offer %s over Messages', async (_what, members, name) => {
    use({ denyTools: ['Bash', 'bash', 'web_search', 'edit_tool', 'mcp__*'] })

    const { status, json } = await answer({ ...MESSAGES, ...members })

    expect(status).toBe(403)
    expect(json).toMatchObject({
      type: 'error',
      error: { type: 'permission_error', message: `this key may not use the tool ${name}` },
    })
    expect(proxy.simulator.requests()).toEqual([])
  })

  test.each([
    ['a function', { tools: [{ type: 'function', function: { name: 'Bash', parameters: SCHEMA } }] }, 'Bash'],
    ['a custom tool', { tools: [{ type: 'custom', custom: { name: 'Bash' } }] }, 'Bash'],
    ['a function of the older form', { functions: [{ name: 'Bash', parameters: SCHEMA }] }, 'Bash'],
    ['a search that the vendor makes', { web_search_options: {} }, 'web_search'],
    ['a plugin', { plugins: [{ id: 'web' }] }, 'web'],
    [
      'a tool of the server under a harmless name',
      { tools: [{ type: 'code_interpreter', name: 'Read' }] },
      'code_interpreter',
    ],
  ])('may not offer %s over Chat', async (_what, members, name) => {
    use({ tools: ['Read', 'Grep'] })

    const { status, json } = await answer({ ...CHAT, ...members }, '/v1/chat/completions')

    expect(status).toBe(403)
    expect(json).toMatchObject({
      error: { code: 'forbidden', message: `this key may not use the tool ${name}` },
    })
    expect(proxy.simulator.requests()).toEqual([])
  })

  test.each([
    ['the earlier form of it', '/v1/responses', { tools: [{ type: 'web_search_preview' }] }],
    ['that form under a name', '/v1/responses', { tools: [{ type: 'web_search_preview_2025_03_11', name: 'Read' }] }],
    ["OpenRouter's", '/v1/chat/completions', { tools: [{ type: 'openrouter:web_search' }] }],
    ["OpenRouter's over Responses", '/v1/responses', { tools: [{ type: 'openrouter:web_search' }] }],
    ["OpenRouter's plugin", '/v1/chat/completions', { plugins: [{ id: 'web' }] }],
    ["Kimi's", '/v1/chat/completions', { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }],
  ])('that is denied searching the web may not offer %s', async (_what, path, members) => {
    use({ denyTools: ['web_search'] })
    const body = path === '/v1/responses' ? { model: CHAT.model, input: 'hi' } : CHAT

    const { status, json } = await answer({ ...body, ...members }, path)

    expect(status).toBe(403)
    expect(json).toMatchObject({ error: { message: 'this key may not use the tool web_search' } })
  })

  test.each([
    { model: 'vendor/chatty:online' },
    { model: 'vendor/chatty:online:nitro' },
    { models: ['vendor/chatty', 'vendor/chatty:online'] },
  ])('may not search by a name in %j', async (members) => {
    use({ denyTools: ['web_search'] })

    const { status, json } = await answer({ ...CHAT, ...members }, '/v1/chat/completions')

    expect(status).toBe(403)
    expect(json).toMatchObject({ error: { message: 'this key may not use the tool web_search' } })
  })

  test.each([
    ['web_search_preview', '/v1/responses', { tools: [{ type: 'web_search_preview' }] }],
    ['web', '/v1/chat/completions', { plugins: [{ id: 'web' }] }],
    [
      '$web_search',
      '/v1/chat/completions',
      { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] },
    ],
  ])('that allows %s by that name may offer it', async (name, path, members) => {
    use({ tools: [name] })
    const body = path === '/v1/responses' ? { model: CHAT.model, input: 'hi' } : CHAT

    const { json } = await answer({ ...body, ...members }, path)

    expect(JSON.stringify(json)).not.toContain('may not use')
  })

  test('may offer what is allowed, and the upstream gets it', async () => {
    use({ tools: ['Read', 'mcp__jira__*'] })
    const tools = ['Read', 'mcp__jira__search'].map((name) => ({ name, input_schema: SCHEMA }))

    const { status } = await answer({ ...MESSAGES, tools })

    expect(status).toBe(200)
    expect(proxy.simulator.requests()[0]?.json).toEqual({ ...MESSAGES, tools })
  })

  test('cannot hide a tool in a second list', async () => {
    use({ denyTools: ['Bash'] })
    const hidden = JSON.stringify({ ...MESSAGES, tools: [] }).replace(
      '"tools":[]',
      `"tools":[{"name":"Bash","input_schema":{"type":"object"}}],"\\u0074ools":[]`,
    )

    const { status, json } = await answer(hidden)

    expect(status).toBe(400)
    expect(json).toMatchObject({ error: { message: expect.stringContaining('tools: occurs twice') } })
  })

  test('cannot hide a name behind a second one: what was checked is what is sent', async () => {
    use({ denyTools: ['Bash'] })
    const body = JSON.stringify({ ...MESSAGES, tools: [{ name: 'Read', input_schema: SCHEMA }] })

    await answer(body.replace('"name":"Read"', '"name":"Bash","name":"Read"'))

    expect(proxy.simulator.requests()[0]?.text).not.toContain('Bash')
  })

  test('is not in the way of requests without tools, whose bytes go on as they came', async () => {
    use({ tools: ['Read'] })
    const body = JSON.stringify(MESSAGES, null, 2)

    expect((await answer(body)).status).toBe(200)
    expect(proxy.simulator.requests()[0]?.text).toBe(body)
  })
})

describe('a key with a list of paths', () => {
  test.each([
    [{ paths: ['/v1/messages'] }, '/v1/messages', 200],
    [{ paths: ['/v1/*'] }, '/v1/messages', 200],
    [{ paths: ['/v1/**'] }, '/v1/chat/completions', 200],
    [{ paths: ['/v1/*'] }, '/v1/chat/completions', 403],
    [{ paths: ['/v1/mess*'] }, '/v1/messages/count_tokens', 403],
    [{ denyPaths: ['/v1/chat/**'] }, '/v1/chat/completions', 403],
    [{ denyPaths: ['/v1/chat/**'] }, '/v1/messages', 200],
    [{ denyPaths: ['/v1/messages'] }, '/v1/mess%61ges', 403],
    [{ denyPaths: ['/v1/messages'] }, '/v1/messages?beta=true', 403],
  ])('%j on %s: %p', async (scopes, path, status) => {
    use(scopes)

    expect((await answer({ ...MESSAGES }, path)).status).toBe(status)
  })
})

describe('a key with a list of models', () => {
  test.each([
    [{ models: ['claude-*'] }, 'claude-haiku-9', 200],
    [{ models: ['claude-*'] }, 'claude-haiku-9[1m]', 200],
    [{ models: ['claude-*'] }, 'gpt-6', 403],
    [{ models: ['claude-*'] }, 'vendor/claude-haiku-9', 403],
    [{ models: ['claude-*'], denyModels: ['*-opus-*'] }, 'claude-opus-9', 403],
    [{ denyModels: ['*-opus-*'] }, 'claude-haiku-9', 200],
  ])('%j on %s: %p', async (scopes, model, status) => {
    use(scopes)

    expect((await answer({ ...MESSAGES, model })).status).toBe(status)
  })

  test('is not led to a denied one by a route, but to the next place of it', async () => {
    const routed = await routedProxy(['claude-opus-9', 'claude-haiku-9'])
    use({ denyModels: ['*-opus-*'] })

    const response = await post(routed, { ...MESSAGES, model: 'best' })

    expect(response.status).toBe(200)
    expect(routed.simulator.requests()[0]?.json).toMatchObject({ model: 'claude-haiku-9' })
    await routed.stop()
  })

  test('is refused where a name stands for denied models only', async () => {
    const routed = await routedProxy(['claude-opus-9'])
    use({ denyModels: ['*-opus-*'] })

    const response = await post(routed, { ...MESSAGES, model: 'best' })

    expect(response.status).toBe(403)
    expect(routed.simulator.requests()).toEqual([])
    await routed.stop()
  })

  test('sees only those in the list of models', async () => {
    const routed = await routedProxy(['claude-haiku-9'])
    use({ denyModels: ['best'] })

    const list = (await (await fetch(`${routed.url}/v1/models`)).json()) as { readonly data: readonly unknown[] }

    expect(list.data).toEqual([])
    await routed.stop()
  })
})

/** A proxy whose model `best` stands for these, in order. */
async function routedProxy(models: readonly string[]): Promise<TestProxy> {
  return openProxy({
    pipeline: { authenticate: async () => principal },
    routes: (provider) => ({ routes: { best: models.map((model) => ({ provider, model })) } }),
  })
}

describe("a key with a list of models, before a provider's tool that asks another", () => {
  const advisor = (model: string) => ({ type: 'advisor_20260301', name: 'advisor', model })
  const image = (model: string) => ({ type: 'image_generation', model })
  const router = (model: string) => ({ type: 'openrouter:advisor', parameters: { model } })

  test.each([
    ['/v1/messages', { ...MESSAGES, tools: [advisor('dear-model')] }, 403],
    ['/v1/messages', { ...MESSAGES, tools: [advisor(MESSAGES.model)] }, 200],
    ['/v1/chat/completions', { ...CHAT, tools: [router('dear-model')] }, 403],
    ['/v1/responses', { model: MESSAGES.model, input: 'x', tools: [image('dear-model')] }, 403],
    ['/v1/responses', { model: MESSAGES.model, input: 'x', tools: [router('dear-model')] }, 403],
  ])('is judged by its name: %s %p', async (path, body, status) => {
    use({ models: [MESSAGES.model] })

    const response = await post(proxy, body, { path })

    expect(response.status).toBe(status)
    if (status === 403) expect(await response.text()).toContain('dear-model')
  })
})

describe('a key with a list of models, before a provider that falls back by itself', () => {
  const MODEL = MESSAGES.model

  test.each([
    ['a fallback that it may not use', JSON.stringify({ ...CHAT, models: [MODEL, 'dear-model'] }), 403],
    ['fallbacks that it may use', JSON.stringify({ ...CHAT, models: [MODEL] }), 200],
    [
      'a list of fallbacks that stands there twice',
      `{"models":["dear-model"],${JSON.stringify({ ...CHAT, models: [MODEL] }).slice(1)}`,
      400,
    ],
    ['as many fallbacks as are compared', JSON.stringify({ ...CHAT, models: Array(100).fill(MODEL) }), 200],
    ['more fallbacks than are compared', JSON.stringify({ ...CHAT, models: Array(101).fill(MODEL) }), 400],
    ['fallbacks that are no list', JSON.stringify({ ...CHAT, models: 'dear-model' }), 403],
    [
      "Anthropic's fallback that it may not use",
      JSON.stringify({ ...CHAT, fallbacks: [{ model: 'dear-model' }] }),
      403,
    ],
    ["Anthropic's fallback that it may use", JSON.stringify({ ...CHAT, fallbacks: [{ model: MODEL }] }), 200],
    ['a fallback that the provider chooses', JSON.stringify({ ...CHAT, fallbacks: 'default' }), 403],
  ])('is judged by %s', async (_, body, status) => {
    use({ models: [MODEL] })

    const response = await fetch(`${proxy.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })

    expect(response.status).toBe(status)
  })
})
