import { describe, expect, test } from 'bun:test'
import { listOf } from '../../../src/core/json.ts'
import { seal } from '../../../src/core/sealed.ts'
import { NO_USAGE } from '../../../src/core/usage.ts'
import { anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'
import { assistantTurn, call, result, userTurn } from '../openai-chat/support.ts'
import { decode, encode, optionsOf } from './support.ts'

const CHAT = { model: 'some-model', quirks: {} }
const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })

describe('an envelope', () => {
  const cases: readonly [name: string, body: unknown, path: string | undefined][] = [
    ['is an object', [], ''],
    ['has a model', { input: 'x' }, 'model'],
    ['has input that is text or a list', { model: 'm', input: 7 }, 'input'],
    ['has items that are objects', { model: 'm', input: ['x'] }, 'input.0'],
    ['has items with a type or a role', { model: 'm', input: [{}] }, 'input.0.type'],
    ['streams or not', { model: 'm', input: 'x', stream: 'yes' }, 'stream'],
    ['has a whole limit', { model: 'm', input: 'x', max_output_tokens: 0.5 }, 'max_output_tokens'],
    ['goes on from an id', { model: 'm', input: 'x', previous_response_id: 7 }, 'previous_response_id'],
    ['asks for nothing in the background', { model: 'm', input: 'x', background: true }, 'background'],
    ['names no conversation kept elsewhere', { model: 'm', input: 'x', conversation: 'conv_1' }, 'conversation'],
    ['says input, not messages', { model: 'm', messages: [] }, 'input'],
  ]
  for (const [name, body, path] of cases) {
    test(name, () => {
      expect(thrownBy(() => openaiResponsesSurface.readEnvelope(body))).toMatchObject({
        kind: 'invalid_request',
        detail: { path },
      })
    })
  }
})

test.each([[{}], [{ instructions: 'Be brief.', input: [] }], [{ input: '' }]])(
  'a request in which nothing is said is refused before other dialects, by the name of its input: %j',
  (members) => {
    const envelope = openaiResponsesSurface.readEnvelope({ model: 'm', ...members })

    expect(thrownBy(() => openaiResponsesSurface.refuseUnsaid?.(envelope))).toMatchObject({
      kind: 'invalid_request',
      detail: { path: 'input' },
    })
  },
)

describe('a request of a Responses client', () => {
  test('that cannot be decoded is refused with the path of what is wrong', () => {
    const input = (item: object) => ({ model: 'm', input: [item] })
    const cases: readonly [body: object, path: string][] = [
      [input({ type: 'message', role: 'nobody', content: 'x' }), 'input.0.role'],
      [input({ type: 'function_call', name: 'f', arguments: '{}' }), 'input.0.call_id'],
      [input({ type: 'function_call', call_id: 'c', arguments: '{}' }), 'input.0.name'],
      [input({ type: 'item_reference', id: 'msg_1' }), 'input.0'],
      [input({ type: 'compaction_trigger' }), 'input.0'],
      [input({ role: 'user', content: [{ type: 'input_image' }] }), 'input.0.content.0.image_url'],
      [{ model: 'm', input: 'x', tools: [{ type: 'function' }] }, 'tools.0.name'],
      [{ model: 'm', input: 'x', reasoning: { effort: 'huge' } }, 'reasoning.effort'],
      [{ model: 'm', input: 'x', prompt: { id: 'pmpt_1' } }, 'prompt'],
    ]
    for (const [body, path] of cases) {
      expect(thrownBy(() => decode(body))).toMatchObject({ kind: 'invalid_request', detail: { path } })
    }
  })

  test('whose prompt is its first messages has it as a system prompt elsewhere', () => {
    const developer = (text: string) => ({
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text }],
    })

    const { system, turns } = decode({ model: 'm', input: [developer('one'), developer('two'), user('hi')] })

    expect(system.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(turns).toEqual([userTurn('hi')])
  })

  test('offers a free-form tool as a function of one text, its grammar told in words', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch' }
    const tools = [{ type: 'custom', name: 'apply_patch', description: 'Edits files.', format }]

    const { json, dropped } = openaiChatUpstream.encodeRequest(decode({ model: 'm', input: 'x', tools }), CHAT)

    const [tool] = JSON.parse(JSON.stringify(json.tools))
    expect(tool.type).toBe('function')
    expect(tool.function.name).toBe('apply_patch')
    expect(tool.function.description).toBe('Edits files.\n\n`input` must follow this lark grammar:\nstart: begin_patch')
    expect(tool.function.parameters.required).toEqual(['input'])
    expect(dropped).toEqual(['tools.custom'])
  })

  test('offers the tools of a namespace one by one, under joined names', () => {
    const inner = { type: 'function', name: 'spawn', parameters: { type: 'object' }, strict: false }
    const tools = [{ type: 'namespace', name: 'agents', description: 'others', tools: [inner] }]

    const request = decode({
      model: 'm',
      input: 'x',
      tools,
      tool_choice: { type: 'function', namespace: 'agents', name: 'spawn' },
    })

    expect(request.tools.map(({ name }) => name)).toEqual(['agents__spawn'])
    expect(request.toolChoice).toEqual({ type: 'tool', name: 'agents__spawn' })
  })

  test('leaves of the tools those that are allowed, those of a namespace and the server’s own too', () => {
    const named = (name: string) => ({ type: 'function', name, parameters: { type: 'object' }, strict: false })
    const request = decode({
      model: 'm',
      input: 'x',
      tools: [
        named('read'),
        named('write'),
        { type: 'namespace', name: 'agents', tools: [named('spawn'), named('stop')] },
        { type: 'web_search' },
        { type: 'image_generation' },
      ],
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [
          { type: 'function', name: 'read' },
          { type: 'function', namespace: 'agents', name: 'spawn' },
          { type: 'web_search' },
        ],
      },
    })

    expect(request.tools.map(({ name }) => name)).toEqual(['read', 'agents__spawn', 'web_search'])
    expect(request.toolChoice).toEqual({ type: 'required' })
  })

  test("loses another vendor's reasoning by name, and keeps a signature that lynkr carried through it", () => {
    const reasoning = (encrypted: string) => ({
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'I thought.' }],
      encrypted_content: encrypted,
    })
    const ask = (encrypted: string) =>
      anthropicUpstream.encodeRequest(decode({ model: 'm', input: [user('a'), reasoning(encrypted), user('b')] }), CHAT)

    const foreign = ask('gAAAAABo')
    const own = ask(seal('signature', ['EqQBCg==']))

    expect(foreign.dropped).toEqual(['thinking'])
    expect(JSON.stringify(foreign.json)).not.toContain('gAAAAABo')
    expect(own.dropped).toEqual([])
    expect(JSON.stringify(own.json.messages)).toContain(
      '{"type":"thinking","thinking":"I thought.","signature":"EqQBCg=="}',
    )
  })

  test('passes to a server of its dialect without the reasoning of others, which is named', () => {
    const sealed = { type: 'reasoning', summary: [], encrypted_content: seal('signature', ['EqQBCg==']) }
    const own = { type: 'reasoning', summary: [], encrypted_content: 'gAAAAABo' }
    const envelope = openaiResponsesSurface.readEnvelope({ model: 'm', input: [user('a'), sealed, own, user('b')] })

    const edits = openaiResponsesUpstream.fitPassthrough(envelope, { model: 'm', quirks: {} }).edits

    expect(edits).toEqual({ input: [user('a'), own, user('b')] })
    expect(openaiResponsesUpstream.fitPassthrough(envelope, { model: 'm', quirks: {} }).lost).toEqual([
      'thinking.signature',
    ])
  })
})

test('thinking behind which nothing came, as of a turn that was interrupted, is left out by name', () => {
  const thought = (id: string) =>
    ({ type: 'thinking', text: '', signature: seal('openai-responses', [id, 'gAAAAABo']) }) as const
  const turns = [
    userTurn('go'),
    assistantTurn(thought('rs_1'), thought('rs_2'), 'First'),
    userTurn('stop'),
    assistantTurn('Well', thought('rs_3')),
    userTurn('on'),
  ]

  const { json, dropped } = openaiResponsesUpstream.encodeRequest(
    { ...EMPTY_REQUEST, turns },
    { model: 'm', quirks: {} },
  )

  expect(listOf(json.input).flatMap((item) => Object(item).id ?? [])).toEqual(['rs_1', 'rs_2'])
  expect(dropped).toEqual(['thinking.signature'])
})

test('thinking that nobody signed is known as lynkr’s where it comes back, and taken out before a server of its dialect', () => {
  const thought = { type: 'thinking', text: 'Hm.', signature: '' } as const
  const answer = { id: 'x', model: 'm', blocks: [thought], reason: { kind: 'end_turn' }, usage: NO_USAGE } as const
  const { output } = openaiResponsesSurface.encodeResponse(answer, optionsOf())
  const json = { model: 'm', input: [user('a'), ...listOf(output), user('b')] }

  const edits = openaiResponsesUpstream.fitPassthrough(openaiResponsesSurface.readEnvelope(json), {
    model: 'm',
    quirks: {},
  }).edits

  expect(edits).toEqual({ input: [user('a'), user('b')] })
  expect(decode(json).turns[1]?.blocks).toEqual([thought])
})

describe('a request to a Responses server', () => {
  test('is strict about an answer’s schema where the client is, or its schema can be', () => {
    const schema = { type: 'object', properties: { a: {} }, additionalProperties: false }
    const strictOf = (format: object) => encode({ ...EMPTY_REQUEST, turns: [userTurn('hi')], ...format })
    const asked = decode({ model: 'm', input: 'x', text: { format: { type: 'json_schema', name: 's', schema } } })

    const open = strictOf({ format: { type: 'json_schema', schema } })

    expect(open).toMatchObject({ json: { text: { format: { strict: false } } }, dropped: ['response_format.strict'] })
    expect(strictOf({ format: asked.format })).toMatchObject({
      json: { text: { format: { strict: false } } },
      dropped: [],
    })
    expect(strictOf({ format: { type: 'json_schema', schema: { ...schema, required: ['a'] } } })).toMatchObject({
      json: { text: { format: { strict: true } } },
      dropped: [],
    })
  })

  test('keeps nothing there and asks for reasoning to bring along, where the model reasons', () => {
    const reasoning = encode({ ...EMPTY_REQUEST, turns: [userTurn('hi')] })
    const plain = encode({ ...EMPTY_REQUEST, turns: [userTurn('hi')] }, {}, 'gpt-4.1')

    expect(reasoning.json).toEqual({
      model: 'gpt-5.5',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      store: false,
      include: ['reasoning.encrypted_content'],
      stream: true,
    })
    expect(plain.json.include).toBeUndefined()
  })

  test('names what it has no place for', () => {
    const { json, dropped } = encode({
      ...EMPTY_REQUEST,
      system: [{ type: 'text', text: 'be brief', cache: { ttl: '5m' } }],
      turns: [userTurn('hi')],
      stopSequences: ['END'],
      sampling: { temperature: 1, topP: 0.5, topK: 3 },
      userId: 'someone',
    })

    expect(dropped).toEqual(['cache_control', 'top_k', 'stop_sequences', 'temperature', 'top_p', 'user_id'])
    expect(JSON.stringify(json)).not.toContain('someone')
  })

  test('asks for no fewer tokens than the server takes', () => {
    expect(encode({ ...EMPTY_REQUEST, maxOutputTokens: 1 }).json.max_output_tokens).toBe(16)
    expect(encode({ ...EMPTY_REQUEST, maxOutputTokens: 17 }).json.max_output_tokens).toBe(17)
    expect(encode({ ...EMPTY_REQUEST, maxOutputTokens: 900 }, { maxOutputTokensCap: 500 }).json.max_output_tokens).toBe(
      500,
    )
  })

  test('shows thinking to who asks for it', () => {
    const asked = encode({ ...EMPTY_REQUEST, reasoning: { type: 'budget', budgetTokens: 8_000 } })
    const unasked = encode({ ...EMPTY_REQUEST, reasoning: { type: 'off' } })

    expect(asked.json.reasoning).toEqual({ effort: 'medium', summary: 'auto' })
    expect(unasked.json.reasoning).toEqual({ effort: 'none' })
  })

  test('answers every call, and none that was not made', () => {
    const turns = [
      userTurn('go'),
      assistantTurn(call('call_1'), call('call_2')),
      userTurn(result('call_1', 'fine'), result('call_9', 'lost')),
    ]

    const { json, dropped } = encode({ ...EMPTY_REQUEST, turns })

    const types = json.input.map(({ type, role }: { type?: string; role?: string }) => type ?? role)
    expect(types).toEqual([
      'user',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
      'user',
    ])
    expect(dropped).toEqual([])
  })

  test("brings a server's own reasoning back, and no other vendor's", () => {
    const turns = [
      userTurn('go'),
      assistantTurn(
        { type: 'thinking', text: 'mine', signature: seal('openai-responses', ['rs_1', 'gAAAAABo']) },
        { type: 'thinking', text: 'of another', signature: 'EqQBCg==' },
        { type: 'thinking', text: 'of nobody', signature: '' },
        'said',
      ),
      userTurn('on'),
    ]

    const { json, dropped } = encode({ ...EMPTY_REQUEST, turns })

    expect(json.input[1]).toEqual({
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'mine' }],
      encrypted_content: 'gAAAAABo',
    })
    expect(json.input).toHaveLength(4)
    expect(dropped).toEqual(['thinking.signature', 'thinking'])
  })
})

test('access lists see every tool that a request offers, in namespaces and in items too', () => {
  const named = (name: string) => ({ type: 'function', name })
  const body = {
    model: 'm',
    tools: [
      named('read'),
      { type: 'custom', name: 'apply_patch' },
      { type: 'namespace', name: 'agents', tools: [named('spawn')] },
      { type: 'mcp', server_label: 'docs' },
      { type: 'web_search_2025_08_26' },
    ],
    input: [{ type: 'additional_tools', tools: [named('late')] }],
  }

  const tools = openaiResponsesSurface.toolsOf(openaiResponsesSurface.readEnvelope(body))

  expect(tools).toEqual([
    { name: 'read', alias: null, path: 'tools.0.name' },
    { name: 'apply_patch', alias: null, path: 'tools.1.name' },
    { name: 'spawn', alias: 'agents__spawn', path: 'tools.2.tools.0.name' },
    { name: 'mcp__docs', alias: null, path: 'tools.3.server_label' },
    { name: 'web_search', alias: null, path: 'tools.4' },
    { name: 'late', alias: null, path: 'input.0.tools.0.name' },
  ])
})

test('reasoning that a Responses server sealed never reaches another vendor', () => {
  const thinking = {
    type: 'thinking',
    text: 'mine',
    signature: seal('openai-responses', ['rs_1', 'gAAAAABo']),
  } as const
  const request = { ...EMPTY_REQUEST, turns: [userTurn('go'), assistantTurn(thinking, 'said'), userTurn('on')] }

  const messages = anthropicUpstream.encodeRequest(request, CHAT)
  const databricks = openaiChatUpstream.encodeRequest(request, { ...CHAT, quirks: { reasoningField: 'content' } })
  const router = openaiChatUpstream.encodeRequest(request, { ...CHAT, quirks: { reasoningField: 'reasoning_details' } })

  for (const { json, dropped } of [messages, databricks, router]) {
    expect(JSON.stringify(json)).not.toContain('gAAAAABo')
    expect(dropped).toEqual(['thinking'])
  }
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return null
}
