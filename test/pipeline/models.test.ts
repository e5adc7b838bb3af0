import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OPEN_SCOPES, principalOf } from '../../src/auth/principal.ts'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { Transport } from '../../src/core/transport.ts'
import { fetchModels, openDiscovery } from '../../src/pipeline/discovery.ts'
import { openDiscovered } from '../../src/routing/discovered.ts'
import { createRouter } from '../../src/routing/router.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { fetchTransport, fromResponse } from '../../src/upstream/fetch-transport.ts'
import { openSigners } from '../../src/upstream/signers.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { CHAT_PROVIDER, openProxy, providerAt, type TestProxy } from '../support/proxy.ts'

const signers = openSigners({ transport: fetchTransport, clock: systemClock, scheduler: systemScheduler })
const DOOR = { transport: fetchTransport, scheduler: systemScheduler, signers }

const MODELS = ['claude-one', 'claude-two', 'gpt-three']
const ANTHROPIC = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }
const OPENAI = { authorization: 'Bearer any' }

let proxy: TestProxy
beforeAll(async () => {
  proxy = await openProxy({ provider: { catalogue: { models: MODELS, isClosed: false } } })
})
afterAll(() => proxy.stop())

async function get(path: string, headers: Record<string, string>) {
  const response = await fetch(`${proxy.url}${path}`, { headers })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

describe('GET /v1/models answers', () => {
  test.each([
    ['a version header', ANTHROPIC],
    ['x-api-key', { 'x-api-key': 'any' }],
    ['a beta header beside a bearer token', { ...OPENAI, 'anthropic-beta': 'x' }],
    ["Claude Code's name beside a bearer token", { ...OPENAI, 'user-agent': 'claude-cli/2.1.330 (external, cli)' }],
  ])("in Anthropic's form to %s", async (_, headers) => {
    const { status, json } = await get('/v1/models', headers)

    expect(status).toBe(200)
    expect(json).toMatchObject({ has_more: false, first_id: 'claude-one', last_id: 'gpt-three' })
    expect(json.data[0]).toEqual({
      type: 'model',
      id: 'claude-one',
      display_name: 'claude-one',
      created_at: '1970-01-01T00:00:00Z',
    })
  })

  test("in OpenAI's form to a bearer token", async () => {
    const { json } = await get('/v1/models', OPENAI)

    expect(Object.keys(json)).toEqual(['object', 'data'])
    expect(json.data[0]).toEqual({ id: 'claude-one', object: 'model', created: 0, owned_by: 'anthropic' })
  })

  test("as Claude Code's search for models asks, whose page's length gives it away", async () => {
    expect((await get('/v1/models?limit=1000', OPENAI)).json.data).toHaveLength(3)
    expect((await get('/v1/models?limit=1000', OPENAI)).json).toHaveProperty('has_more', false)
  })

  test.each([
    ['?limit=2', ['claude-one', 'claude-two'], true],
    ['?limit=2&after_id=claude-two', ['gpt-three'], false],
    ['?limit=1&before_id=gpt-three', ['claude-two'], true],
    ['?before_id=claude-two', ['claude-one'], false],
    ['?limit=1&after_id=gone', ['claude-one'], true],
    ['?after_id=gpt-three', [], false],
  ])('in pages: %s', async (query, ids, hasMore) => {
    const { json } = await get(`/v1/models${query}`, ANTHROPIC)

    expect(json.data.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(json.has_more).toBe(hasMore)
  })

  test.each(['0', '-1', '1001', 'x', '1.5'])('with 400 to a limit of %s', async (limit) => {
    const { status, json } = await get(`/v1/models?limit=${limit}`, ANTHROPIC)

    expect([status, json.error.type]).toEqual([400, 'invalid_request_error'])
  })
})

describe('GET /v1/models/{id} answers', () => {
  test('with the one model, in the form of who asks', async () => {
    expect((await get('/v1/models/claude-two', ANTHROPIC)).json.display_name).toBe('claude-two')
    expect((await get('/v1/models/claude-two', OPENAI)).json.owned_by).toBe('anthropic')
  })

  test('with a 404 that names near ones, in the form of who asks', async () => {
    const anthropic = await get('/v1/models/claude-tow', ANTHROPIC)
    const openai = await get('/v1/models/claude-tow', OPENAI)

    expect([anthropic.status, anthropic.json.error.type]).toEqual([404, 'not_found_error'])
    expect([openai.status, openai.json.error.code]).toEqual([404, 'model_not_found'])
    expect(openai.json.error.message).toContain('near are claude-two')
  })

  test('for names with slashes and escapes, and never with more than it was asked', async () => {
    const { status, json } = await get(`/v1/models/${encodeURIComponent('a/b c')}x`, OPENAI)

    expect(status).toBe(404)
    expect(json.error.message).toContain('"a/b cx"')
    expect((await get(`/v1/models/${'n'.repeat(9_000)}`, OPENAI)).json.error.message.length).toBeLessThan(400)
  })
})

test('a key sees only what it may use', async () => {
  const limited = await openProxy({
    provider: { catalogue: { models: MODELS, isClosed: false } },
    pipeline: {
      authenticate: async () =>
        principalOf({ id: 'k', user: null, team: null, scopes: { ...OPEN_SCOPES, models: ['claude-*'] } }),
    },
  })

  const list = JSON.parse(await (await fetch(`${limited.url}/v1/models`, { headers: OPENAI })).text())
  const one = await fetch(`${limited.url}/v1/models/gpt-three`, { headers: OPENAI })

  expect(list.data.map(({ id }: { id: string }) => id)).toEqual(['claude-one', 'claude-two'])
  expect(one.status).toBe(403)
  await limited.stop()
})

describe('a provider is asked what it has', () => {
  test.each([
    ['anthropic', {}, 'claude-opus-5-5'],
    ['openai', CHAT_PROVIDER, 'gpt-5.5'],
  ])('%s, with its credential', async (_, members, expected) => {
    const simulator = await startSimulator()
    const provider = { ...providerAt(simulator.url), ...members }

    const models = await fetchModels(DOOR, provider)

    expect(models.map(({ id }) => id)).toContain(expected)
    await simulator.stop()
  })

  /** A transport that answers with what the test says. */
  const transportOf = (answer: () => Response | Promise<Response>): Transport => ({
    send: async () => fromResponse(await answer()),
    explain: fetchTransport.explain,
  })
  const provider = providerAt('https://provider.example')

  test.each([
    ['an error status', () => new Response('no', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example' } })],
    ['HTML', () => new Response('<html>', { status: 200 })],
    ['JSON that is no list', () => Response.json({ ok: true })],
    ['more than a list can be', () => new Response(new Uint8Array(9 * 1024 * 1024))],
    ['nothing at all', () => Promise.reject(new Error('refused'))],
  ])('and keeps its old list when it answers with %s', async (_, answer) => {
    const { scheduler, advance } = openFakeClock(0)
    const discovered = openDiscovered()
    const faults: unknown[] = []
    let isIll = false
    const transport = transportOf(() => (isIll ? answer() : Response.json({ data: [{ id: 'kept' }] })))
    const options = { signers, transport, scheduler, providers: () => [provider], discovered, intervalMs: 1_000 }
    const discovery = openDiscovery({ ...options, onFault: (_provider, error) => faults.push(error) })
    await discovery.ready()

    isIll = true
    advance(1_000)
    await discovery.refresh()

    expect([...(discovered.modelsOf('anthropic')?.keys() ?? [])]).toEqual(['kept'])
    expect(faults).toHaveLength(1)
    discovery.close()
  })

  test('in rounds that never overlap, and nobody waits long for the first', async () => {
    const { scheduler, advance } = openFakeClock(0)
    const hanging = Promise.withResolvers<Response>()
    let asked = 0
    const transport = transportOf(() => {
      asked++
      return hanging.promise
    })
    const options = {
      signers,
      transport,
      scheduler,
      providers: () => [provider],
      discovered: openDiscovered(),
      intervalMs: 1_000,
    }
    const discovery = openDiscovery({ ...options, onFault: () => undefined })

    advance(1_000)
    advance(1_000)
    await discovery.ready()

    expect(asked).toBe(1)
    hanging.resolve(Response.json({ data: [] }))
    discovery.close()
  })

  test('at once where it has come with another configuration, and the one before it is heard no more', async () => {
    const hanging = Promise.withResolvers<Response>()
    const answers = [() => hanging.promise, () => Response.json({ data: [{ id: 'new' }] })]
    const moved = { ...provider, baseUrl: 'https://other.example' }
    const discovered = openDiscovered()
    let providers = [provider]
    const discovery = openDiscovery({
      signers,
      transport: transportOf(() => answers.shift()?.() ?? Promise.reject(new Error('it was asked again'))),
      scheduler: openFakeClock(0).scheduler,
      providers: () => providers,
      discovered,
      intervalMs: 1_000,
      onFault: () => undefined,
    })

    providers = [moved]
    await discovery.refresh()
    hanging.resolve(Response.json({ data: [{ id: 'old' }] }))
    await discovery.ready()

    expect([...(discovered.modelsOf('anthropic')?.keys() ?? [])]).toEqual(['new'])
    discovery.close()
  })

  test('never, if that is switched off', async () => {
    const discovery = openDiscovery({
      signers,
      transport: transportOf(() => Promise.reject(new Error('it was asked'))),
      scheduler: systemScheduler,
      providers: () => [provider],
      discovered: openDiscovered(),
      intervalMs: 0,
      onFault: (_provider, error) => {
        throw error
      },
    })

    await discovery.ready()
    await discovery.refresh()
  })
})

test('what providers say is listed by lynkr, and routed', async () => {
  const side = await startSimulator()
  const sideProvider = { ...providerAt(side.url), ...CHAT_PROVIDER }
  const discovered = openDiscovered()
  const main = providerAt('http://127.0.0.1:9')
  const providers = [main, sideProvider]
  const discovery = openDiscovery({
    ...DOOR,
    providers: () => providers,
    discovered,
    intervalMs: 60_000,
    onFault: () => undefined,
  })
  const router = createRouter({ providers, defaultProvider: main, aliases: {}, routes: {} }, discovered)
  const own = await openProxy({ pipeline: { router, discovery } })

  const list = JSON.parse(await (await fetch(`${own.url}/v1/models`, { headers: OPENAI })).text())
  const response = await fetch(`${own.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...OPENAI, 'content-type': 'application/json', host: '127.0.0.1' },
    body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] }),
  })

  expect(list.data).toContainEqual(expect.objectContaining({ id: 'gpt-5.5', owned_by: 'openai' }))
  expect(response.status).toBe(200)
  expect(side.requests().at(-1)?.path).toBe('/v1/chat/completions')
  discovery.close()
  await Promise.all([own.stop(), side.stop()])
})
