import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { openCapabilityMap } from '../../src/routing/capability-map.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post, providerAt, type TestProxy } from '../support/proxy.ts'

const BETA = 'context-management-2025-06-27'
const BODY = { ...HELLO, context_management: { edits: [] }, metadata: { user_id: 'u' } }
const HEADERS = { 'anthropic-beta': `${BETA},other-2026-01-01` }

const capabilities = openCapabilityMap()
const heard: [readonly string[], boolean][] = []
let proxy: TestProxy
beforeAll(async () => {
  proxy = await openProxy({
    simulator: { strict: false },
    pipeline: { capabilities, onCapability: (_target, names, isTaken) => heard.push([names, isTaken]) },
  })
})
afterAll(() => proxy.stop())
beforeEach(() => {
  proxy.clear()
  capabilities.clear()
  heard.length = 0
})

const refusal = (message: string) => ({ status: 400, message })
const sent = () =>
  proxy.simulator
    .requests()
    .map(({ json, headers }) => ({ keys: Object.keys(Object(json)), betas: headers.get('anthropic-beta') }))

test('what a server is known to refuse is left out of what it is to count, too', async () => {
  proxy.simulator.enqueue(refusal('context_management: Extra inputs are not permitted'))
  await (await post(proxy, BODY, { headers: HEADERS })).text()
  proxy.simulator.clear()
  const { max_tokens: _, ...counted } = BODY

  const response = await post(proxy, counted, { path: '/v1/messages/count_tokens', headers: HEADERS })

  expect(response.status).toBe(200)
  expect(sent().map(({ keys, betas }) => [keys.includes('context_management'), betas])).toEqual([
    [false, 'other-2026-01-01'],
  ])
})

describe.each([[false], [true]])('where a server refuses a feature by name, stream %p', (stream) => {
  test('the request goes again without member and beta, and the next one from the start', async () => {
    proxy.simulator.enqueue(refusal('context_management: Extra inputs are not permitted'))

    const first = await post(proxy, { ...BODY, stream }, { headers: HEADERS })
    await first.text()
    const second = await post(proxy, { ...BODY, stream }, { headers: HEADERS })
    await second.text()

    expect([first.status, second.status]).toEqual([200, 200])
    expect(first.headers.get('x-lynkr-dropped')).toBe('context_management')
    expect(second.headers.get('x-lynkr-dropped')).toBe('context_management')
    expect(sent().map(({ keys }) => keys.includes('context_management'))).toEqual([true, false, false])
    expect(sent().map(({ betas }) => betas)).toEqual([
      `${BETA},other-2026-01-01`,
      'other-2026-01-01',
      'other-2026-01-01',
    ])
    expect(heard).toEqual([[['context_management'], true]])
    expect(proxy.records.map(({ dropped, attempts }) => [dropped, attempts])).toEqual([
      [['context_management'], 1],
      [['context_management'], 1],
    ])
  })

  test('several refused one after the other are all left out', async () => {
    proxy.simulator.enqueue(
      refusal('context_management: Extra inputs are not permitted'),
      refusal('metadata: Extra inputs are not permitted'),
    )

    const response = await post(proxy, { ...BODY, stream }, { headers: HEADERS })
    await response.text()

    expect(response.status).toBe(200)
    expect(response.headers.get('x-lynkr-dropped')).toBe('context_management, metadata')
  })
})

test('what one attempt has learnt the next one begins with, and others hear of it once the server has taken it', async () => {
  proxy.simulator.enqueue(
    refusal('context_management: Extra inputs are not permitted'),
    { status: 500, message: 'a moment' },
    refusal('metadata: Extra inputs are not permitted'),
  )

  const response = await post(proxy, BODY, { headers: { ...HEADERS, 'x-stainless-retry-count': '0' } })
  await response.text()

  expect(response.status).toBe(200)
  expect(response.headers.get('x-lynkr-dropped')).toBe('context_management, metadata')
  expect(sent().map(({ keys }) => ['context_management', 'metadata'].filter((key) => keys.includes(key)))).toEqual([
    ['context_management', 'metadata'],
    ['metadata'],
    ['metadata'],
    [],
  ])
  expect(heard).toEqual([
    [['context_management'], false],
    [['context_management', 'metadata'], true],
  ])
  expect(capabilities.list(Date.now()).map(({ strips }) => strips)).toEqual([['context_management', 'metadata']])
})

test('a request is sent again without something so often in all its attempts together', async () => {
  const names = ['context_management', 'metadata', 'service_tier', 'speed', 'thinking.display']
  const words = names.map((name) => refusal(`${name}: Extra inputs are not permitted`))
  const busy = { status: 500, message: 'a moment' }
  proxy.simulator.enqueue(...words.slice(0, 3), busy, ...words.slice(3), busy)
  const body = { ...BODY, service_tier: 'auto', speed: 'fast', thinking: { type: 'adaptive', display: 'omitted' } }

  const response = await post(proxy, body, { headers: { ...HEADERS, 'x-stainless-retry-count': '0' } })

  expect(response.status).toBe(400)
  expect(await response.text()).toContain('thinking.display')
  expect(proxy.simulator.requests()).toHaveLength(6)
})

test('reasoning that a server cannot decrypt goes, of this conversation alone', async () => {
  const own = await openProxy({
    simulator: { strict: false },
    provider: rowProvider('openai-responses'),
    pipeline: { capabilities },
  })
  const words = 'Encrypted content could not be decrypted or parsed.'
  const told = { status: 400, message: `The encrypted content for item rs_1 could not be verified. Reason: ${words}` }
  const said = { type: 'message', role: 'user', content: 'go on' }
  const input = [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }, said]
  own.simulator.enqueue(told)

  const first = await post(own, { model: 'm', input, stream: true }, { path: '/v1/responses' })
  await first.text()
  const second = await post(own, { model: 'm', input, stream: true }, { path: '/v1/responses' })
  await second.text()

  const inputs = own.simulator.requests().map(({ json }) => Object(json).input)
  await own.stop()
  expect([first.status, first.headers.get('x-lynkr-dropped')]).toEqual([200, 'reasoning.encrypted_content'])
  expect([second.status, second.headers.get('x-lynkr-dropped')]).toEqual([200, null])
  expect(inputs).toEqual([input, [said], input])
  expect(capabilities.list(Date.now())).toEqual([])
})

test('a session of a model that reasons is served by one that does not, from the second request on at the first try', async () => {
  const own = await openProxy({ provider: rowProvider('openai-responses'), pipeline: { capabilities } })
  const input = [{ type: 'message', role: 'user', content: 'go on' }]
  const reasoning = { effort: 'high', summary: 'auto' }
  const body = { model: 'gpt-4.1', input, reasoning, include: ['reasoning.encrypted_content'], stream: true }

  const first = await post(own, body, { path: '/v1/responses' })
  await first.text()
  const second = await post(own, body, { path: '/v1/responses' })
  await second.text()

  const count = own.simulator.requests().length
  await own.stop()
  const names = 'reasoning_effort, reasoning.summary, include.encrypted_content'
  expect([first.status, second.status, count]).toEqual([200, 200, 5])
  expect(first.headers.get('x-lynkr-dropped')?.split(', ').toSorted()).toEqual(names.split(', ').toSorted())
})

test('a deployment whose name does not tell its model is asked for nothing sealed once it has said so', async () => {
  const own = await openProxy({
    simulator: { strict: false },
    provider: rowProvider('openai-responses'),
    pipeline: { capabilities },
  })
  own.simulator.enqueue(refusal('Encrypted content is not supported with this model.'))

  const first = await post(own, { ...HELLO, model: 'team-small', max_tokens: 100 }, { path: '/v1/messages' })
  const second = await post(own, { ...HELLO, model: 'team-small', max_tokens: 100 }, { path: '/v1/messages' })

  const includes = own.simulator.requests().map(({ json }) => Object(json).include)
  await own.stop()
  expect([first.status, second.status]).toEqual([200, 200])
  expect(includes).toEqual([['reasoning.encrypted_content'], undefined, undefined])
})

test('a value that a server does not know goes for once, and the member stays for those that say another', async () => {
  const chat = await openProxy({ simulator: { strict: false }, provider: CHAT_PROVIDER, pipeline: { capabilities } })
  const words = "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model."
  chat.simulator.enqueue(refusal(words))
  const path = '/v1/chat/completions'

  const first = await post(chat, { ...HELLO, reasoning_effort: 'xhigh' }, { path })
  const second = await post(chat, { ...HELLO, reasoning_effort: 'high' }, { path })

  const efforts = chat.simulator.requests().map(({ json }) => Object(json).reasoning_effort)
  await chat.stop()
  expect([first.status, first.headers.get('x-lynkr-dropped')]).toEqual([200, 'reasoning_effort'])
  expect([second.status, second.headers.get('x-lynkr-dropped')]).toEqual([200, null])
  expect(efforts).toEqual(['xhigh', undefined, 'high'])
})

test.each([
  ['qwen.qwen3-32b-v1:0', [true], null],
  ['us.amazon.nova-pro-v1:0', [true, false], 'response_format'],
])('the form of an answer is asked of %s by Converse', async (model, isAsked, dropped) => {
  const converse = await openProxy({
    provider: { ...rowProvider('bedrock-converse'), model, modelMap: [] },
    pipeline: { capabilities },
  })
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  }
  const format = { type: 'json_schema', json_schema: { name: 'count', schema, strict: true } }

  const response = await post(converse, { ...HELLO, response_format: format }, { path: '/v1/chat/completions' })

  const asked = converse.simulator.requests().map(({ json }) => Object(json).outputConfig !== undefined)
  await converse.stop()
  expect([response.status, response.headers.get('x-lynkr-dropped')]).toEqual([200, dropped])
  expect(asked).toEqual(isAsked)
})

test.each([
  'metadata.plan: Extra inputs are not permitted',
  'body.context_management.mine: Extra inputs are not permitted',
  "Unknown parameter: 'metadata.plan'.",
  'metadata.user_id.mine: Extra inputs are not permitted',
])('a member that a client has put into a feature is its own: after %j others keep the feature', async (message) => {
  proxy.simulator.enqueue(refusal(message))

  for (const _ of [1, 2]) await (await post(proxy, BODY)).text()

  const kept = sent().map(({ keys }) => keys.includes('metadata') && keys.includes('context_management'))
  expect(kept).toEqual([true, false, true])
  expect(capabilities.list(0)).toEqual([])
})

describe('a beta that a server does not know', () => {
  const unknown = 'context-management-2099-01-01'
  const ask = (beta: string) => post(proxy, BODY, { headers: { 'anthropic-beta': beta } })
  const refuseBeta = (beta: string) =>
    proxy.simulator.enqueue(refusal(`Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header.`))

  test('is left out for whoever names it, and what it enables, but for nobody who names another', async () => {
    refuseBeta(unknown)

    for (const beta of [unknown, unknown, BETA]) await (await ask(beta)).text()

    expect(sent().map(({ keys, betas }) => [keys.includes('context_management'), betas])).toEqual([
      [true, unknown],
      [false, null],
      [false, null],
      [true, BETA],
    ])
    expect(capabilities.list(0)[0]?.strips).toEqual([`context_management@${unknown}`])
  })

  test('teaches nothing by what else its name has in it', async () => {
    const crafted = "context-1m-'metadata': 'context_management'"
    refuseBeta(crafted)

    for (const beta of [crafted, BETA]) await (await ask(beta)).text()

    expect(capabilities.list(0)).toEqual([])
    expect(sent().map(({ keys }) => [keys.includes('metadata'), keys.includes('context_management')])).toEqual([
      [true, true],
      [true, true],
      [true, true],
    ])
  })
})

test('blocks of a system message go with the beta that enables them', async () => {
  const changes = { role: 'system', content: [{ type: 'tool_addition', tool_name: 'a' }] }
  const body = { ...HELLO, messages: [...HELLO.messages, changes] }
  const headers = { 'anthropic-beta': 'mid-conversation-tool-changes-2026-07-01,other-2026-01-01' }
  const words = "Input tag 'tool_addition' found using 'type' does not match any of the expected tags"
  proxy.simulator.enqueue(refusal(`messages.1.content.0: ${words}`))

  const response = await post(proxy, body, { headers })
  await response.text()

  const [, again] = proxy.simulator.requests()
  expect(response.status).toBe(200)
  expect(response.headers.get('x-lynkr-dropped')).toBe('tool_changes')
  expect(again?.json).toMatchObject({ messages: HELLO.messages })
  expect(again?.headers.get('anthropic-beta')).toBe('other-2026-01-01')
})

test('what does not help is not remembered, and the client hears the last words of the server', async () => {
  proxy.simulator.enqueue(
    refusal('context_management: Extra inputs are not permitted'),
    refusal('something else is wrong'),
  )

  const response = await post(proxy, BODY, { headers: HEADERS })

  expect(response.status).toBe(400)
  expect(await response.text()).toContain('something else is wrong')
  expect(capabilities.list(Date.now())).toEqual([])
  expect(heard).toEqual([[['context_management'], false]])
})

test('the same refusal again ends it: a request is never sent over and over', async () => {
  const same = refusal('context_management: Extra inputs are not permitted')
  proxy.simulator.enqueue(same, same, same, same, same, same)

  const response = await post(proxy, BODY, { headers: HEADERS })
  await response.text()

  expect(response.status).toBe(400)
  expect(proxy.simulator.requests()).toHaveLength(2)
})

test.each([
  ['of what cannot be left out', 'messages: Extra inputs are not permitted'],
  ['for another reason', 'prompt is too long: 5 tokens > 4 maximum'],
])('a refusal %s stands, byte for byte', async (_, message) => {
  const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message }, more: 1 })
  proxy.simulator.enqueue({ status: 400, body })

  const response = await post(proxy, BODY, { headers: HEADERS })

  expect(response.status).toBe(400)
  expect(await response.text()).toBe(body)
  expect(proxy.simulator.requests()).toHaveLength(1)
})

test('under strict the refusal stands, and what is known already is refused before it is sent', async () => {
  const strict = { ...HEADERS, 'x-lynkr-strict': 'true' }
  proxy.simulator.enqueue(refusal('context_management: Extra inputs are not permitted'))
  const first = await post(proxy, BODY, { headers: strict })
  capabilities.learn(
    { provider: providerAt('https://x.example'), model: BODY.model },
    ['context_management'],
    Date.now(),
  )
  const second = await post(proxy, BODY, { headers: strict })

  expect([first.status, second.status]).toEqual([400, 400])
  expect(await first.text()).toContain('Extra inputs')
  expect(await second.text()).toContain('strict: on the way to its provider this request would lose context_management')
  expect(proxy.simulator.requests()).toHaveLength(1)
})

test.each([
  ["Unsupported value: 'service_tier' does not support 'fast' with this model. Supported values are: 'auto'."],
  ["service_tier: Input tag 'fast' does not match any of the expected tags: 'auto'"],
])('of a value that a server refuses nobody else hears: to others it takes the member, %s', async (words) => {
  proxy.simulator.enqueue(refusal(words))

  const refused = await post(proxy, { ...HELLO, service_tier: 'fast' })
  await refused.text()
  const other = await post(proxy, { ...HELLO, service_tier: 'auto' })
  await other.text()

  expect([refused.status, other.status]).toEqual([200, 200])
  expect(refused.headers.get('x-lynkr-dropped')).toBe('service_tier')
  expect(other.headers.get('x-lynkr-dropped')).toBeNull()
  expect(sent().map(({ keys }) => keys.includes('service_tier'))).toEqual([true, false, true])
  expect(capabilities.list(Date.now())).toEqual([])
})

test('a request without the feature is not touched by what was learnt', async () => {
  capabilities.learn(
    { provider: providerAt('https://x.example'), model: HELLO.model },
    ['context_management'],
    Date.now(),
  )
  const body = JSON.stringify(HELLO)

  const response = await post(proxy, body)
  await response.text()

  expect(response.headers.get('x-lynkr-dropped')).toBeNull()
  expect(new TextDecoder().decode(proxy.simulator.requests()[0]?.body)).toBe(body)
})
