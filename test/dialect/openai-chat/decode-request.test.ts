import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ProxyError } from '../../../src/core/errors.ts'
import type { ToolChoice } from '../../../src/core/request.ts'
import { anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { openaiChatSurface } from '../../../src/dialect/openai-chat/index.ts'
import { decode, encode, RUNS } from './support.ts'

const user = { role: 'user', content: 'hi' }

function bodyOf(members: object = {}) {
  return { model: 'm', messages: [user], ...members }
}

function pathOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof ProxyError && error.kind === 'invalid_request') return error.detail.path
    throw error
  }
  return undefined
}

describe('a malformed body is refused with its path', () => {
  const calls = (call: unknown) => bodyOf({ messages: [{ role: 'assistant', tool_calls: [call] }] })
  const part = (one: unknown) => bodyOf({ messages: [{ role: 'user', content: [one] }] })
  const CASES: [unknown, string][] = [
    [[], ''],
    [{ messages: [user] }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ model: 'm', input: 'hi' }, 'messages'],
    [{ model: 'm', messages: [] }, 'messages'],
    [{ model: 'm', messages: [3] }, 'messages.0'],
    [{ model: 'm', messages: [{}] }, 'messages.0.role'],
    [bodyOf({ stream: 'yes' }), 'stream'],
    [bodyOf({ stream_options: true }), 'stream_options'],
    [bodyOf({ max_tokens: 0 }), 'max_tokens'],
    [bodyOf({ max_completion_tokens: 1.5 }), 'max_completion_tokens'],
    [bodyOf({ n: 2 }), 'n'],
    [bodyOf({ temperature: 'hot' }), 'temperature'],
    [bodyOf({ stop: [1] }), 'stop.0'],
    [bodyOf({ reasoning_effort: 'wild' }), 'reasoning_effort'],
    [bodyOf({ response_format: { type: 'xml' } }), 'response_format.type'],
    [bodyOf({ tools: {} }), 'tools'],
    [bodyOf({ tools: [{ type: 'function', function: {} }] }), 'tools.0.function.name'],
    [bodyOf({ tool_choice: 'some' }), 'tool_choice'],
    [bodyOf({ messages: [{ role: 'robot' }] }), 'messages.0.role'],
    [bodyOf({ messages: [{ role: 'tool', content: 'x' }] }), 'messages.0.tool_call_id'],
    [calls({ function: { name: 'T' } }), 'messages.0.tool_calls.0.id'],
    [calls({ id: 'a', function: {} }), 'messages.0.tool_calls.0.function.name'],
    [part({ type: 'text' }), 'messages.0.content.0.text'],
    [part({ type: 'image_url', image_url: { url: 'data:image/png,AA' } }), 'messages.0.content.0.image_url.url'],
    [part({ type: 'file', file: {} }), 'messages.0.content.0.file'],
  ]
  for (const [body, path] of CASES) {
    test(`${JSON.stringify(body)} at ${path === '' ? 'the root' : path}`, () => {
      expect(pathOf(() => decode(body))).toBe(path)
    })
  }

  test('nothing whatever makes it fail in another way', () => {
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'function'),
      content: fc.jsonValue(),
      tool_calls: fc.jsonValue(),
      tool_call_id: fc.jsonValue(),
      function_call: fc.jsonValue(),
      reasoning_details: fc.jsonValue(),
    })
    const member = fc.constantFrom('tools', 'stop', 'n', 'tool_choice', 'response_format', 'functions', '__proto__')

    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.dictionary(member, fc.jsonValue()),
        (messages, members) => {
          pathOf(() => encode(decode({ model: 'm', messages, ...members })))
        },
      ),
      { numRuns: RUNS },
    )
  })
})

test('more than one answer may pass through, so the envelope does not refuse it', () => {
  expect(openaiChatSurface.readEnvelope(bodyOf({ n: 2 })).model).toBe('m')
})

test('tool messages become one user turn, results first, and neighbours merge', () => {
  const { system, turns } = decode({
    model: 'm',
    messages: [
      { role: 'developer', content: 'be' },
      { role: 'system', content: [{ type: 'text', text: 'good' }] },
      { role: 'user', content: 'a' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [{ id: 'x', function: { name: 'T', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'x', content: 'r' },
      { role: 'user', content: 'c' },
      { role: 'system', content: 'late' },
    ],
  })

  const text = (one: string) => ({ type: 'text', text: one }) as const
  const result = { type: 'tool_result', toolUseId: 'x', content: [text('r')], isError: false } as const
  expect(system).toEqual([text('be'), text('good')])
  expect(turns).toEqual([
    { role: 'user', blocks: [text('a'), text('b')] },
    { role: 'assistant', blocks: [{ type: 'tool_use', id: 'x', name: 'T', inputJson: '{}' }] },
    { role: 'user', blocks: [result, text('c')] },
    { role: 'system', blocks: [text('late')] },
  ])
})

test('a body of prompts only has somebody to answer to', () => {
  const { system, turns } = decode({ model: 'm', messages: [{ role: 'system', content: 'say hi' }] })

  expect(system).toEqual([])
  expect(turns).toMatchObject([{ role: 'user' }])
})

test('allowed_tools leaves only the tools it names', () => {
  const fn = (name: string) => ({ type: 'function', function: { name } })
  const toolChoice = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [fn('B')] } }

  const request = decode(bodyOf({ tools: [fn('A'), fn('B')], tool_choice: toolChoice }))

  expect(request.tools.map((one) => one.name)).toEqual(['B'])
  expect(request.toolChoice).toEqual({ type: 'required' })
})

test('replayed reasoning keeps its signature and gets none of ours', () => {
  const first = (message: object) =>
    decode(bodyOf({ messages: [user, { role: 'assistant', content: 'x', ...message }] })).turns[1]?.blocks[0]
  const detailed = { reasoning_details: [{ type: 'reasoning.text', text: 't', signature: 's' }] }

  expect(first({ reasoning_content: 't' })).toEqual({ type: 'thinking', text: 't', signature: '' })
  expect(first(detailed)).toEqual({ type: 'thinking', text: 't', signature: 's' })
})

describe('what Cursor sends in the words of other APIs', () => {
  const schema = { type: 'object', properties: { path: { type: 'string' } } }
  const read = { type: 'function', name: 'read', description: 'reads', parameters: schema } as const

  test.each([
    ['the Messages API', { name: 'read', description: 'reads', input_schema: schema }],
    ['the Messages API, typed', { type: 'custom', name: 'read', description: 'reads', input_schema: schema }],
    ['Responses', { type: 'function', name: 'read', description: 'reads', parameters: schema }],
  ])('is a tool of %s, which is told by its name', (_, tool) => {
    const body = bodyOf({ tools: [tool] })

    expect(decode(body).tools).toEqual([read])
    expect(openaiChatSurface.toolsOf(openaiChatSurface.readEnvelope(body))).toEqual([
      { name: 'read', alias: null, path: 'tools.0.name' },
    ])
  })

  test('is no tool with two names, of which a list of allowed ones would see one', () => {
    const tool = { type: 'custom', name: 'allowed', input_schema: schema, custom: { name: 'other' } }

    const offered = openaiChatSurface.toolsOf(openaiChatSurface.readEnvelope(bodyOf({ tools: [tool] })))

    expect(offered.map(({ name }) => name)).toEqual(['other'])
    expect(decode(bodyOf({ tools: [tool] })).tools.map(({ name }) => name)).toEqual(['other'])
  })

  test.each<[object, ToolChoice]>([
    [{ type: 'auto' }, { type: 'auto' }],
    [{ type: 'any' }, { type: 'required' }],
    [{ type: 'none' }, { type: 'none' }],
    [
      { type: 'tool', name: 'read' },
      { type: 'tool', name: 'read' },
    ],
  ])('is a choice: %j', (choice, expected) => {
    expect(decode(bodyOf({ tools: [read], tool_choice: choice })).toolChoice).toEqual(expected)
  })

  test('is a call, its result, and a picture', () => {
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
    const messages = [
      user,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'functions.read:0', name: 'read', input: { path: '/a' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions.read:0', content: [{ type: 'text', text: 'words' }, picture] },
          picture,
        ],
      },
    ]

    const { json, dropped } = encode({ ...decode(bodyOf({ messages })), tools: [] })

    expect(json.messages).toMatchObject([
      user,
      { role: 'assistant', content: 'I look.', tool_calls: [{ id: 'functions.read:0', function: { name: 'read' } }] },
      { role: 'tool', tool_call_id: 'functions.read:0' },
      { role: 'user' },
    ])
    expect(JSON.stringify(json.messages).split('data:image/png;base64,AAAA').length - 1).toBe(2)
    expect(dropped).toEqual([])
  })
})

test('legacy functions, calls and results are tools, calls and results', () => {
  const request = decode({
    model: 'm',
    functions: [{ name: 'T' }],
    function_call: { name: 'T' },
    messages: [
      user,
      { role: 'assistant', content: null, function_call: { name: 'T', arguments: '{}' } },
      { role: 'function', name: 'T', content: 'r' },
    ],
  })

  expect(request.tools.map((one) => one.name)).toEqual(['T'])
  expect(request.toolChoice).toEqual({ type: 'tool', name: 'T' })
  expect(request.turns[2]?.blocks[0]).toMatchObject({ type: 'tool_result', toolUseId: 'call_fn_1' })
})

test('what lynkr does not model goes back to the same dialect as it came', () => {
  const content = [
    { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
    { type: 'image_url', image_url: { url: 'https://h/x', detail: 'low' } },
  ]
  const body = bodyOf({ seed: 7, logit_bias: { 1: 2 }, messages: [{ role: 'user', content }] })

  const { json, dropped } = encode(decode(body))

  expect(json).toMatchObject({ seed: 7, logit_bias: { 1: 2 }, messages: body.messages })
  expect(dropped).toEqual([])
})

describe('what an agent says about the keeping of its answers, before a server that keeps none', () => {
  const before = (members: object) =>
    anthropicUpstream.encodeRequest(decode(bodyOf({ max_completion_tokens: 100, ...members })), {
      model: 'claude-sonnet-4-5',
      quirks: {},
    })

  test('that they be not kept, and what its session is called, is no loss', () => {
    const { json, dropped } = before({ store: false, prompt_cache_key: 'a-session' })

    expect(dropped).toEqual([])
    expect(json).toMatchObject({ metadata: { user_id: 'a-session' } })
  })

  test('that they be kept is one, by name', () => {
    expect(before({ store: true }).dropped).toEqual(['store'])
  })

  test('both go back to its own dialect as they came', () => {
    const { json } = encode(decode(bodyOf({ store: false, prompt_cache_key: 'a-session' })))

    expect(json).toMatchObject({ store: false, prompt_cache_key: 'a-session' })
  })
})

test('a picture to be looked at as closely as the server sees fit loses nothing before another dialect', () => {
  const picture = (detail: string) => {
    const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail } }]
    const request = decode(bodyOf({ messages: [{ role: 'user', content }] }))
    return anthropicUpstream.encodeRequest(request, { model: 'claude-sonnet-4-5', quirks: {} })
  }

  expect(picture('auto').dropped).toEqual([])
  expect(picture('low').dropped).toEqual(['image.detail'])
})
