import { describe, expect, test } from 'bun:test'
import { profileOf } from '../../src/simulator/profile.ts'
import { refusalOf } from '../../src/simulator/strict.ts'
import { CHAT, type Json, MESSAGES } from './support.ts'

const HEADERS = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }

function judge(path: string, json: Json, headers: Record<string, string> = HEADERS): string | null {
  const given = new Headers(headers)
  const profile = profileOf('POST', path, given)
  if (profile === null) throw new Error(`no profile for ${path}`)
  const body = new TextEncoder().encode(JSON.stringify(json))
  const refusal = refusalOf(profile, { method: 'POST', path, query: '', headers: given, body }, json, 0)
  return refusal === null ? null : (refusal.message ?? String(refusal.status))
}

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const use = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const text = (value: string) => ({ type: 'text', text: value })
const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }
const tool = { name: 'Bash', input_schema: { type: 'object' } }
const messages = (...list: unknown[]) => ({ ...MESSAGES, messages: list })

describe('Messages', () => {
  const ACCEPTED: readonly (readonly [string, Json, Record<string, string>?])[] = [
    ['a plain question', MESSAGES],
    ['a round trip', messages(user('a'), assistant([text('b'), use('t')]), user([result('t'), text('c')]))],
    [
      'results in two messages of one turn',
      messages(user('a'), assistant([use('t'), use('u')]), user([result('t')]), user([result('u')])),
    ],
    ['a system message after a user turn', messages(user('a'), { role: 'system', content: 'b' })],
    ['four cache marks', messages(user([marked, marked, marked, marked]))],
    [
      'thinking with its signature',
      messages(user('a'), assistant([{ type: 'thinking', thinking: '', signature: 's' }]), user('b')),
    ],
    [
      'context management with its beta',
      { ...MESSAGES, context_management: {} },
      { 'anthropic-beta': 'x,context-management-2025-06-27' },
    ],
    [
      'deferred tools with their beta',
      { ...MESSAGES, tools: [{ ...tool, defer_loading: true }] },
      { 'anthropic-beta': 'advanced-tool-use-2025-11-20' },
    ],
    [
      'effort per turn with its beta',
      messages(user('a'), { role: 'system', content: 'b', output_config: {} }),
      { 'anthropic-beta': 'per-turn-control-2026-07-01' },
    ],
    ['a server tool', { ...MESSAGES, tools: [{ type: 'web_search_20260318', name: 'web_search' }] }],
  ]
  const REFUSED: readonly (readonly [string, Json, string])[] = [
    ['no max_tokens', { model: 'm', messages: [user('a')] }, 'max_tokens: Field required'],
    ['no model', { max_tokens: 1, messages: [user('a')] }, 'model: Field required'],
    ['no messages', { model: 'm', max_tokens: 1 }, 'messages: Field required'],
    ['an empty conversation', messages(), 'messages: at least one message is required'],
    ['an unknown field', { ...MESSAGES, stream_options: {} }, 'stream_options: Extra inputs are not permitted'],
    [
      'context management alone',
      { ...MESSAGES, context_management: {} },
      'context_management: Extra inputs are not permitted',
    ],
    [
      'a deferred tool alone',
      { ...MESSAGES, tools: [{ ...tool, defer_loading: true }] },
      'tools.0.custom.defer_loading: Extra inputs are not permitted',
    ],
    [
      'effort per turn alone',
      messages(user('a'), { role: 'system', content: 'b', output_config: {} }),
      'messages.1.output_config: Extra inputs are not permitted',
    ],
    [
      'an unknown role',
      messages({ role: 'tool', content: 'a' }),
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    ['an empty text block', messages(user([text('')])), 'messages: text content blocks must be non-empty'],
    ['an empty system block', { ...MESSAGES, system: [text('')] }, 'system: text content blocks must be non-empty'],
    [
      'five cache marks',
      messages(user([marked, marked, marked, marked, marked])),
      'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    ],
    [
      'a cache scope',
      messages(user([{ ...marked, cache_control: { type: 'ephemeral', scope: 'g' } }])),
      'messages.0.content.0.text.cache_control.scope: Extra inputs are not permitted',
    ],
    [
      'a call without its result',
      messages(user('a'), assistant([use('t')]), user('b')),
      'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: t.',
    ],
    ['a call at the end', messages(user('a'), assistant([use('t')])), 'messages.1: `tool_use` ids were found without'],
    [
      'text before a result',
      messages(user('a'), assistant([use('t')]), user([text('b'), result('t')])),
      'messages.2: `tool_use` ids were found without',
    ],
    [
      'a result without its call',
      messages(user([result('t')])),
      'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t.',
    ],
    [
      'an id of the wrong alphabet',
      messages(user('a'), assistant([use('t.1')])),
      'messages.1.content.0.tool_use.id: String should match pattern',
    ],
    [
      'thinking without a signature',
      messages(user('a'), assistant([{ type: 'thinking', thinking: 'x' }])),
      'messages.1.content.0.thinking.signature: Field required',
    ],
    [
      'a system message first',
      messages({ role: 'system', content: 'a' }, user('b')),
      'messages.0: use the top-level `system` parameter',
    ],
    [
      'a system message after an answer',
      messages(user('a'), assistant('b'), { role: 'system', content: 'c' }, user('d')),
      "messages.2: role 'system' must precede an assistant turn",
    ],
    [
      'a budget as large as the answer',
      { ...MESSAGES, max_tokens: 1024, thinking: { type: 'enabled', budget_tokens: 1024 } },
      '`max_tokens` must be greater than',
    ],
    ['a tool without a schema', { ...MESSAGES, tools: [{ name: 'a' }] }, 'tools.0.custom.input_schema: Field required'],
    ['two tools of one name', { ...MESSAGES, tools: [tool, tool] }, 'tools: Tool names must be unique.'],
  ]

  test.each(ACCEPTED)('accepts %s', (_, json, extra = {}) => {
    expect(judge('/v1/messages', json, { ...HEADERS, ...extra })).toBeNull()
  })

  test.each(REFUSED)('refuses %s', (_, json, message) => {
    expect(judge('/v1/messages', json)).toStartWith(message)
  })

  test('refuses a request without a version or without a credential, and takes a bearer token', () => {
    expect(judge('/v1/messages', MESSAGES, { 'x-api-key': 'any' })).toBe('anthropic-version: header is required')
    expect(judge('/v1/messages', MESSAGES, { 'anthropic-version': '2023-06-01' })).toBe('401')
    expect(judge('/v1/messages', MESSAGES, { 'anthropic-version': '2023-06-01', authorization: 'Bearer t' })).toBeNull()
  })

  test('counts tokens without max_tokens only', () => {
    const { max_tokens, ...countable } = MESSAGES

    expect(judge('/v1/messages/count_tokens', countable)).toBeNull()
    expect(judge('/v1/messages/count_tokens', { ...countable, max_tokens })).toBe(
      'max_tokens: Extra inputs are not permitted',
    )
  })
})

describe('Chat', () => {
  const call = (id: string, name = 'Bash') => ({ id, type: 'function', function: { name, arguments: '{}' } })
  const calls = (...tool_calls: unknown[]) => ({ role: 'assistant', content: null, tool_calls })
  const answer = (tool_call_id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id, content })
  const chat = (...list: unknown[]) => ({ ...CHAT, messages: list })
  const wideId = 'x'.repeat(40)
  const wideName = 'x'.repeat(64)
  const ACCEPTED: readonly (readonly [string, Json])[] = [
    ['a plain question', CHAT],
    ['a round trip of two calls', chat(user('a'), calls(call('t'), call('u')), answer('u'), answer('t'), user('b'))],
    ['an id of 40 characters, a name of 64', chat(user('a'), calls(call(wideId, wideName)), answer(wideId))],
    ['four stops', { ...CHAT, stop: ['a', 'b', 'c', 'd'] }],
    ['an image from the user', chat(user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }]))],
    ['usage in a stream', { ...CHAT, stream: true, stream_options: { include_usage: true } }],
  ]
  const REFUSED: readonly (readonly [string, Json, string])[] = [
    ['an unknown field', { ...CHAT, thinking: {} }, 'Unrecognized request argument supplied: thinking'],
    ['two unknown fields', { ...CHAT, a: 1, b: 2 }, 'Unrecognized request arguments supplied: a, b'],
    ['no model', { messages: CHAT.messages }, 'you must provide a model parameter'],
    ['both token limits', { ...CHAT, max_tokens: 1, max_completion_tokens: 1 }, "Setting 'max_tokens' and"],
    ['five stops', { ...CHAT, stop: ['a', 'b', 'c', 'd', 'e'] }, "Invalid 'stop': array too long."],
    ['stream options without a stream', { ...CHAT, stream_options: {} }, "The 'stream_options' parameter is only"],
    ['an unknown role', chat({ role: 'human', content: 'a' }), "Invalid value: 'human'."],
    ['a tool message out of nowhere', chat(user('a'), answer('t')), "messages with role 'tool' must be a response"],
    [
      'a call without its answer',
      chat(user('a'), calls(call('t'), call('u')), answer('t'), user('b')),
      "An assistant message with 'tool_calls' must be followed",
    ],
    ['a call at the end', chat(user('a'), calls(call('t'))), "An assistant message with 'tool_calls' must be followed"],
    [
      'an image in a tool message',
      chat(user('a'), calls(call('t')), answer('t', [{ type: 'image_url' }])),
      "Invalid value: 'image_url'. Supported values are: 'text'",
    ],
    [
      'a name of 65 characters',
      { ...CHAT, tools: [{ type: 'function', function: { name: `${wideName}x` } }] },
      "Invalid 'tools[0].function.name'",
    ],
    [
      'an id of 65 characters',
      chat(user('a'), calls(call(`${wideName}x`)), answer(`${wideName}x`)),
      "Invalid 'messages[1].tool_calls[0].id'",
    ],
    [
      'arguments as an object',
      chat(user('a'), calls({ id: 't', type: 'function', function: { name: 'a', arguments: {} } })),
      "Invalid type for 'messages[1].tool_calls[0].function.arguments'",
    ],
    ['no content', chat({ role: 'user', content: null }), "Invalid value for 'content': expected a string, got null."],
  ]

  test.each(ACCEPTED)('accepts %s', (_, json) => {
    expect(judge('/v1/chat/completions', json)).toBeNull()
  })

  test.each(REFUSED)('refuses %s', (_, json, message) => {
    expect(judge('/v1/chat/completions', json)).toStartWith(message)
  })

  test('Databricks invocations refuse a model and what only Anthropic knows; the unified path wants the model', () => {
    const { model, ...plain } = CHAT
    const path = '/serving-endpoints/databricks-claude/invocations'

    expect(judge(path, plain)).toBeNull()
    expect(judge(path, { ...plain, model })).toBe('model: Extra inputs are not permitted')
    expect(judge(path, { ...plain, context_management: {} })).toBe('context_management: Extra inputs are not permitted')
    expect(judge('/serving-endpoints/chat/completions', CHAT)).toBeNull()
    expect(judge('/serving-endpoints/chat/completions', plain)).toBe('you must provide a model parameter')
  })

  test('an Azure deployment in the path needs no model', () => {
    expect(judge('/openai/deployments/d/chat/completions', { messages: CHAT.messages })).toBeNull()
  })
})

describe('Responses, of a function whose schema is open', () => {
  const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
  const judged = (more: Json) => {
    const tools = [{ type: 'function', name: 'read', parameters, ...more }]
    return judge('/v1/responses', { model: 'm', input: 'hi', tools }, { authorization: 'Bearer any' })
  }

  test('refuses it where strict is asked for, and closes it by itself where nothing is said', () => {
    expect(judged({ strict: true })).toContain("'additionalProperties' is required")
    expect(judged({})).toBeNull()
    expect(judged({ strict: false })).toBeNull()
  })
})
