import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { CLIENTS, type ClientSide } from './lanes.ts'

const PNG = 'iVBORw0KGgo='
const SCHEMA = { type: 'object', properties: { p: { type: 'number' } } }

const BODIES: Readonly<Record<ClientSide['name'], object>> = {
  messages: {
    model: 'm',
    max_tokens: 10,
    system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PNG }, title: 't' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature: 's' },
          { type: 'text', text: 'x' },
          { type: 'tool_use', id: 't1', name: 'Read', input: { p: 1 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'r' }] }] },
    ],
    tools: [{ name: 'Read', description: 'd', input_schema: SCHEMA }],
    tool_choice: { type: 'tool', name: 'Read' },
    thinking: { type: 'adaptive' },
    output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
    metadata: { user_id: 'u' },
  },
  chat: {
    model: 'm',
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'sys' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PNG}` } },
        ],
      },
      {
        role: 'assistant',
        content: 'ok',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'Read', arguments: '{"p":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'res' }] },
    ],
    tools: [{ type: 'function', function: { name: 'Read', description: 'd', parameters: SCHEMA } }],
    tool_choice: { type: 'function', function: { name: 'Read' } },
    stream_options: { include_usage: true },
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
  },
  responses: {
    model: 'm',
    instructions: 'i',
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'first' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'hi' },
          { type: 'input_image', image_url: `data:image/png;base64,${PNG}` },
          { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PNG}` },
        ],
      },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] },
      { type: 'function_call', call_id: 'c1', name: 'Read', arguments: '{"p":1}' },
      { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'r' }] },
    ],
    tools: [{ type: 'function', name: 'Read', description: 'd', parameters: SCHEMA }],
    tool_choice: { type: 'function', name: 'Read' },
    stream_options: { include_obfuscation: false },
    reasoning: { effort: 'low', summary: 'auto' },
    text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true } },
  },
}

/** Schemas, which some servers take in part, and arguments, which are the model's own words. */
const CLOSED = /(^|\.)(schema|input_schema|parameters|input)(\.[a-z]|$)/

describe.each(CLIENTS)('what a $name client says beyond what lynkr models', ({ name, surface }) => {
  for (const upstream of Object.values(UPSTREAMS)) {
    if (upstream.id === surface.id) continue
    const encode = (body: unknown) =>
      upstream.encodeRequest(surface.decodeRequest(surface.readEnvelope(body)), { model: 'claude-x', quirks: {} })
    const before = encode(BODIES[name]).dropped

    test.each(placesIn(name))(`arrives at ${upstream.id}, or is named as lost: at %s`, (_, path) => {
      const body = structuredClone(BODIES[name])
      Object.assign(at(body, path), { x_canary: 'CANARY' })

      const { json, dropped } = encode(body)

      const isNamed = dropped.some((one) => !before.includes(one))
      const isLostWhole = before.includes(path[0] ?? '')
      expect(JSON.stringify(json).includes('CANARY') || isNamed || isLostWhole).toBe(true)
    })
  }
})

describe('names of what was lost', () => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy()
  })
  afterAll(() => proxy.stop())

  test.each(['a\r\nb', 'é中', 'x, y', 'n'.repeat(50_000)])('are no text of the client', async (key) => {
    const messages = [{ role: 'user', content: 'hi', [key]: 1, name: 'bob' }]
    const body = { model: 'claude-sonnet-5-5', messages, [key]: 1, tools: [{ type: key, name: key }] }

    const response = await post(proxy, body, { path: '/v1/chat/completions' })

    expect(response.status).toBe(200)
    expect(response.headers.get('x-lynkr-dropped')).toBe('request.unknown, turn.unknown, turn.name, tools.unknown')
  })
})

test.each([
  ['chat', { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] }, x: 1 } }, 'tool_choice'],
  ['responses', { tool_choice: { type: 'file_search' } }, 'tool_choice'],
  ['responses', { text: { format: { type: 'text', description: 'd' } } }, 'text.format'],
  ['chat', { stream_options: { include_obfuscation: true } }, 'stream_options'],
  ['chat', { stream_options: { include_obfuscation: false, include_usage: true } }, undefined],
  ['responses', { reasoning: { effort: 'high', context: 'all' } }, 'thinking.context'],
] as const)('of a %s client, %j is lost by name', (client, members, name) => {
  const { surface } = CLIENTS.find((one) => one.name === client) ?? {}
  if (surface === undefined) throw new Error('there is no such client')
  const body = { ...BODIES[client], text: undefined, response_format: undefined, ...members }
  const plain = { ...body, ...Object.fromEntries(Object.keys(members).map((member) => [member, undefined])) }

  for (const upstream of [UPSTREAMS.anthropic, UPSTREAMS['bedrock-converse'], UPSTREAMS.gemini]) {
    const encode = (one: unknown) =>
      upstream.encodeRequest(surface.decodeRequest(surface.readEnvelope(one)), { model: 'claude-x', quirks: {} })
    const before = encode(plain).dropped

    const lost = encode(body).dropped.filter((one) => !before.includes(one))

    expect(lost).toEqual(name === undefined ? [] : [name])
  }
})

test('a cache mark in a Chat body is the mark of the block, whether a part has it, a message or a tool', () => {
  const cache_control = { type: 'ephemeral' }
  const { surface } = CLIENTS[1] ?? {}
  const body = {
    model: 'm',
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'sys', cache_control }] },
      { role: 'user', content: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ],
    tools: [{ type: 'function', function: { name: 'Read', parameters: SCHEMA }, cache_control }],
  }
  if (surface === undefined) throw new Error('there is no Chat client')

  const request = surface.decodeRequest(surface.readEnvelope(body))
  const { json, dropped } = UPSTREAMS.anthropic.encodeRequest(request, { model: 'claude-x', quirks: {} })

  expect(dropped).toEqual([])
  expect(json).toMatchObject({
    system: [{ text: 'sys', cache_control }],
    messages: [{ content: [{ text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
    tools: [{ name: 'Read', cache_control }],
  })
})

type Path = readonly string[]

function placesIn(name: ClientSide['name']): [name: string, path: Path][] {
  return objectsIn(BODIES[name], []).flatMap(([, path]): [string, Path][] => {
    const told = path.join('.')
    return CLOSED.test(told) ? [] : [[told || '(top)', path]]
  })
}

function objectsIn(value: unknown, path: Path): [object: object, path: Path][] {
  if (typeof value !== 'object' || value === null) return []
  const own: [object, Path][] = Array.isArray(value) ? [] : [[value, path]]
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => objectsIn(inner, [...path, key]))]
}

function at(body: object, path: Path): object {
  return path.reduce<object>((value, key) => Object(Reflect.get(value, key)), body)
}
