import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Provider, Target } from '../../src/core/target.ts'
import type { ProviderRow } from '../../src/routing/provider-row.ts'
import { findProviderRow } from '../../src/routing/provider-table.ts'
import { createRouter, type Routes } from '../../src/routing/router.ts'
import { CHAT } from '../../src/routing/rows-chat.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, post, providerAt, type TestProxy } from '../support/proxy.ts'

function provider(id: string, members: Partial<Provider> = {}): Provider {
  return { ...providerAt(`https://${id}.example`), ...(findProviderRow(id) && rowProvider(id)), id, ...members }
}

const listed = (...models: string[]) => ({ catalogue: { models, isClosed: false } })
const MAIN = provider('anthropic')
const SIDE = provider('openai', listed('gpt-known', 'claude-known-too'))

function places(routes: Partial<Routes>, model: string): readonly string[] {
  const all = { providers: [MAIN, SIDE], defaultProvider: MAIN, aliases: {}, routes: {}, ...routes }
  return createRouter(all).route(model).map(shown)
}

function shown({ provider: { id }, model }: Target): string {
  return `${id}/${model}`
}

describe('a model goes', () => {
  const at = (model: string): Target => ({ provider: SIDE, model })
  const routes = {
    best: [at('one'), { provider: MAIN, model: 'two' }],
    'exact-name': [at('by-route')],
    'r-*': [at('x-*')],
  }
  const aliases = {
    'exact-name': at('by-alias'),
    fast: at('mini'),
    'my-*': at('gpt-*'),
    'my-own-*': at('own-*'),
    'my-1': at('first'),
  }

  test.each([
    ['best', ['openai/one', 'anthropic/two'], 'to the targets of its route, in order'],
    ['exact-name', ['openai/by-route'], 'by its route before its alias'],
    ['r-7', ['openai/x-7'], "by a route's pattern, the rest of the name filled in"],
    ['fast', ['openai/mini'], 'by its alias'],
    ['my-1', ['openai/first'], 'by an exact alias before a pattern'],
    ['my-own-car', ['openai/own-car'], 'by the longest pattern'],
    ['my-', ['openai/gpt-'], 'by a pattern whose rest is empty'],
    ['gpt-known', ['openai/gpt-known'], 'to the catalogue that knows it'],
    ['anything', ['anthropic/anything'], 'to the default lane, unchanged'],
    ['fast[1m]', ['openai/mini'], 'without a suffix in brackets'],
    ['claude-x[1m]', ['anthropic/claude-x'], 'without a suffix on the default lane'],
    ['a[b]c', ['anthropic/a[b]c'], 'with brackets that are no suffix'],
    ['__proto__', ['anthropic/__proto__'], 'as any name, whatever an object makes of it'],
    ['constructor', ['anthropic/constructor'], 'as any name, whatever every object has'],
  ])('%s → %p: %s', (model, expected) => {
    expect(places({ routes, aliases }, model)).toEqual([...expected])
  })

  test('by a pattern for all only where nothing longer fits', () => {
    expect(places({ aliases: { '*': at('rest-*'), 'claude-*': at('c') } }, 'claude-x')).toEqual(['openai/c'])
    expect(places({ aliases: { '*': at('rest-*'), 'claude-*': at('c') } }, 'y')).toEqual(['openai/rest-y'])
  })
})

describe('a name on the default lane becomes', () => {
  const on = (members: Partial<Provider>, model: string, id = 'databricks') => {
    const lane = provider(id, members)
    return createRouter({ providers: [lane], defaultProvider: lane, aliases: {}, routes: {} }).route(model)[0]?.model
  }

  test.each([
    ['claude-sonnet-4-5', 'databricks-claude-sonnet-4-5'],
    ['claude-sonnet-4-5-20250929', 'databricks-claude-sonnet-4-5'],
    ['claude-opus-5-5[1m]', 'databricks-claude-opus-5-5'],
    ['databricks-claude-sonnet-4-5', 'databricks-claude-sonnet-4-5'],
    ['my-endpoint', 'my-endpoint'],
  ])('%s → %s at Databricks', (model, expected) => {
    expect(on({}, model)).toBe(expected)
  })

  test('the one configured model, where no mapping fits', () => {
    expect(on({ model: 'mine' }, 'gpt-x')).toBe('mine')
    expect(on({ model: 'mine', ...listed('listed') }, 'listed')).toBe('listed')
  })

  test("the operator's mapping before the row's", () => {
    expect(on({ modelMap: [{ from: 'claude-*', to: 'ours' }] }, 'claude-x')).toBe('ours')
  })
})

describe('a closed catalogue', () => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: { catalogue: { models: ['claude-known', 'claude-other'], isClosed: true } } })
  })
  afterAll(() => proxy.stop())

  test.each([
    ['/v1/messages', { type: 'error', error: { type: 'not_found_error' } }],
    ['/v1/messages/count_tokens', { type: 'error', error: { type: 'not_found_error' } }],
    ['/v1/chat/completions', { error: { type: 'invalid_request_error', code: 'model_not_found', param: 'model' } }],
  ])('refuses what it does not have on %s with a 404 that names near ones', async (path, envelope) => {
    const response = await post(proxy, { ...HELLO, model: 'claude-knwon' }, { path })
    const json = JSON.parse(await response.text())

    expect(response.status).toBe(404)
    expect(json).toMatchObject(envelope)
    expect(json.error.message).toContain('claude-known')
    expect(proxy.simulator.requests()).toEqual([])
  })
})

test('a new upstream that speaks Chat is one row and no code', async () => {
  const row: ProviderRow = {
    ...CHAT,
    id: 'newcomer',
    title: 'A server of tomorrow',
    paths: { ...CHAT.paths, chat: '/api/v9/chat/completions' },
    modelMap: [{ from: 'claude-*', to: 'newcomer-*' }],
  }
  const { id, dialect, auth, paths, quirks, headers, modelMap } = row
  const proxy = await openProxy({ provider: { id, dialect, auth, paths, quirks, headers, modelMap } })
  const tools = [{ name: 'run', input_schema: { type: 'object' } }]
  proxy.simulator.enqueue(
    { blocks: [{ tool: { name: 'run', input: {}, id: 'call_1' } }] },
    { blocks: [{ text: 'Done.' }] },
  )

  const first = JSON.parse(await (await post(proxy, { ...HELLO, model: 'claude-x', tools })).text())
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'ok' }] }
  const messages = [...HELLO.messages, { role: 'assistant', content: first.content }, result]
  const second = await (await post(proxy, { ...HELLO, model: 'claude-x', tools, messages, stream: true })).text()

  expect(first.stop_reason).toBe('tool_use')
  expect(second).toContain('Done.')
  const seen = proxy.simulator.requests().map(({ path, json }) => [path, Reflect.get(Object(json), 'model')])
  expect(seen).toEqual([
    ['/api/v9/chat/completions', 'newcomer-x'],
    ['/api/v9/chat/completions', 'newcomer-x'],
  ])
  await proxy.stop()
})
