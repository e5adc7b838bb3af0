import { describe, expect, test } from 'bun:test'
import { pairCalls } from '../../../src/core/pair-calls.ts'
import type { ChatRequest } from '../../../src/core/request.ts'
import { shortHash } from '../../../src/core/short-hash.ts'
import { NO_USAGE } from '../../../src/core/usage.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'
import { geminiUpstream } from '../../../src/dialect/gemini/index.ts'
import { openaiResponsesSurface } from '../../../src/dialect/openai-responses/index.ts'
import { assistantTurn, call, requestOf, result, tool, userTurn } from '../openai-chat/support.ts'

/** A request of a client of another dialect, as the wire has it. */
function encode(members: Partial<ChatRequest>, model = 'claude-sonnet-5-5') {
  const { request } = pairCalls(requestOf(members))
  const { json, dropped } = anthropicUpstream.encodeRequest(request, { model, quirks: {} })
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

describe('sampling', () => {
  const sampling = { temperature: 0.2, topP: 0.9 }

  for (const model of [
    'claude-opus-4-1-20250805',
    'claude-sonnet-4-5',
    'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    'claude-sonnet-4-6',
  ]) {
    test(`of ${model} has a temperature or top_p, for it refuses both`, () => {
      const { json, dropped } = encode({ sampling }, model)

      expect(json).toMatchObject({ temperature: 0.2 })
      expect(json).not.toHaveProperty('top_p')
      expect(dropped).toEqual(['top_p'])
      expect(encode({ sampling: { topP: 0.9 } }, model).json).toMatchObject({ top_p: 0.9 })
    })
  }

  for (const model of ['claude-opus-4-7', 'claude-sonnet-5']) {
    test(`of ${model} has none, for it refuses any`, () => {
      const { json, dropped } = encode({ sampling }, model)

      expect(json).not.toHaveProperty('temperature')
      expect(dropped).toEqual(['temperature', 'top_p'])
    })
  }

  for (const model of ['claude-sonnet-4-20250514', 'claude-3-7-sonnet-20250219', 'glm-4.7']) {
    test(`of ${model} has both`, () => {
      expect(encode({ sampling }, model)).toMatchObject({ json: { temperature: 0.2, top_p: 0.9 }, dropped: [] })
    })
  }
})

test('no Claude is asked to think where it is forced to call a tool, which it refuses, in Converse neither', () => {
  const forced = [{ type: 'required' }, { type: 'tool', name: 'Read' }] as const
  for (const toolChoice of forced) {
    for (const reasoning of [
      { type: 'adaptive', effort: 'high' },
      { type: 'budget', budgetTokens: 2_048 },
    ] as const) {
      const asked = requestOf({ reasoning, toolChoice, tools: [tool('Read')] })
      const converse = bedrockConverseUpstream.encodeRequest(asked, { model: 'anthropic.claude-opus-5', quirks: {} })

      expect(encode(asked, 'claude-opus-5').json).not.toHaveProperty('thinking')
      expect(encode(asked, 'claude-opus-5').dropped).toEqual(['thinking'])
      expect(Object(converse.json.additionalModelRequestFields)).not.toHaveProperty('thinking')
      expect(converse.dropped).toEqual(['thinking'])
      expect(encode({ ...asked, toolChoice: { type: 'auto' } }, 'claude-opus-5').json).toHaveProperty('thinking')
    }
  }
})

describe('an effort in the words of another dialect', () => {
  const asked = { reasoning: { type: 'adaptive', effort: 'high' } } as const

  for (const model of [
    'claude-haiku-4-5-20251001',
    'claude-sonnet-4-5',
    'claude-opus-4-1',
    'claude-3-7-sonnet-latest',
  ]) {
    test(`is named as lost before ${model}, which refuses it, and sampling stays`, () => {
      const { json, dropped } = encode({ ...asked, sampling: { temperature: 0.2 } }, model)

      expect(json).not.toHaveProperty('thinking')
      expect(json).not.toHaveProperty('output_config')
      expect(json).toMatchObject({ temperature: 0.2 })
      expect(dropped).toEqual(['thinking', 'reasoning_effort'])
    })
  }

  test('beside a budget of thinking, or by itself, is named as lost before a model that knows none', () => {
    for (const reasoning of [
      { type: 'budget', budgetTokens: 2_048, effort: 'low' },
      { type: 'unset', effort: 'low' },
    ] as const) {
      const { json, dropped } = encode({ reasoning }, 'claude-sonnet-4-5')

      expect(json).not.toHaveProperty('output_config')
      expect(dropped).toEqual(['reasoning_effort'])
    }
  })

  test('stays one before Opus 4.5, which knows it but not adaptive thinking', () => {
    const { json, dropped } = encode(asked, 'claude-opus-4-5')

    expect(json).toMatchObject({ output_config: { effort: 'high' } })
    expect(json).not.toHaveProperty('thinking')
    expect(dropped).toEqual(['thinking'])
  })

  test.each([
    ['claude-opus-4-5', 'max', 'high'],
    ['claude-opus-4-5', 'xhigh', 'high'],
    ['claude-opus-4-6', 'xhigh', 'high'],
    ['anthropic/claude-sonnet-4.6', 'xhigh', 'high'],
    ['claude-sonnet-4-6', 'max', 'max'],
    ['claude-opus-4-7', 'xhigh', 'xhigh'],
    ['claude-sonnet-5', 'xhigh', 'xhigh'],
    ['some-model', 'xhigh', 'xhigh'],
  ] as const)('before %s that is %s is %s, for it knows no more', (model, effort, expected) => {
    const { json } = encode({ reasoning: { type: 'adaptive', effort } }, model)

    expect(json).toMatchObject({ output_config: { effort: expected } })
  })

  for (const model of ['claude-sonnet-4-6', 'anthropic/claude-opus-4.6', 'claude-opus-5-5', 'some-model']) {
    test(`is adaptive thinking before ${model}`, () => {
      expect(encode(asked, model)).toMatchObject({
        json: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
        dropped: [],
      })
    })
  }
})

test.each<[model: string, roles: readonly string[]]>([
  ['claude-sonnet-4-5', ['user', 'assistant']],
  ['claude-sonnet-4-6', ['user', 'assistant', 'user']],
  ['claude-opus-5-5', ['user', 'assistant', 'user']],
  ['glm-5.3', ['user', 'assistant']],
])('a conversation that ends in an answer ends as %s takes it', (model, roles) => {
  const request = requestOf({ turns: [userTurn('Go.'), assistantTurn('I look at it.')] })

  const { json } = encode(request, model)
  const converse = bedrockConverseUpstream.encodeRequest(request, { model, quirks: {} })

  expect(Object(json.messages).map(({ role }: { role: string }) => role)).toEqual(roles)
  expect(Object(converse.json.messages).map(({ role }: { role: string }) => role)).toEqual(roles)
})

test('text without a word goes, wherever it stands, and a turn of nothing else with it', () => {
  const turns = [
    userTurn('go', ' \n'),
    assistantTurn('\n\n', call('c1')),
    userTurn(result('c1', '\n')),
    assistantTurn(' '),
    userTurn('on'),
  ]

  const { json } = encode({ turns, tools: [tool('Read')], system: [{ type: 'text', text: '\n' }] })

  expect(json.messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'go' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'Read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: [] }] },
    { role: 'user', content: [{ type: 'text', text: 'on' }] },
  ])
  expect(json.system ?? []).toEqual([])
})

describe('where no tool is left', () => {
  const search = {
    type: 'opaque',
    name: 'web_search',
    opaque: { dialect: 'openai-responses', members: { type: 'web_search' } },
  } as const

  for (const tools of [[], [search]]) {
    for (const type of ['auto', 'required', 'none'] as const) {
      test(`of ${tools.length}, none is to be chosen: ${type}`, () => {
        const { json } = encode({ tools, toolChoice: { type }, parallelToolCalls: false })

        expect(json).not.toHaveProperty('tools')
        expect(json).not.toHaveProperty('tool_choice')
      })
    }
  }

  test('of one name, the choice of it is named as lost, and the others stay', () => {
    const { json, dropped } = encode({
      tools: [search, tool('Read')],
      toolChoice: { type: 'tool', name: 'web_search' },
      parallelToolCalls: false,
    })

    expect(json).toMatchObject({
      tools: [{ name: 'Read' }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    })
    expect(dropped).toEqual(['tools.web_search', 'tool_choice'])
  })
})

describe('the argument of a call keeps its numbers', () => {
  const inputJson =
    '{"id":1234567890123456789,"far":1e400,"list":[-9007199254740993],"small":1e3,"text":"1234567890123456789"}'
  const exact =
    '{"id":1234567890123456789,"far":1e400,"list":[-9007199254740993],"small":1000,"text":"1234567890123456789"}'
  const turns = [userTurn('go'), assistantTurn(call('c1', 'Read', inputJson)), userTurn(result('c1', 'ok'))]

  for (const [name, upstream] of [
    ['Messages', anthropicUpstream],
    ['Converse', bedrockConverseUpstream],
    ['Gemini', geminiUpstream],
  ] as const) {
    test(`on its way to ${name}`, () => {
      const { json } = upstream.encodeRequest(requestOf({ turns, tools: [tool('Read')] }), { model: 'm', quirks: {} })

      expect(JSON.stringify(json)).toContain(exact)
    })
  }

  test('in a whole answer', () => {
    const block = { type: 'tool_use', id: 'c1', name: 'Read', inputJson } as const
    const answer = { id: '', model: 'm', blocks: [block], reason: { kind: 'tool_use' }, usage: NO_USAGE } as const

    const json = anthropicSurface.encodeResponse(answer, { requestId: 'r', wallMs: 0, request: requestOf() })

    expect(JSON.stringify(json)).toContain(exact)
  })
})

describe('a system turn of the middle', () => {
  const told = { role: 'system', blocks: [{ type: 'text', text: 'Be brief.' }] } as const
  const turns = [userTurn('go'), told, assistantTurn('ok'), userTurn('on')]

  for (const model of ['claude-opus-4-8', 'claude-sonnet-5-5', 'databricks-claude-opus-5']) {
    test(`stays one before ${model}`, () => {
      const { json } = encode({ turns }, model)

      expect(json.messages[1]).toEqual({ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] })
    })
  }

  for (const model of ['claude-haiku-4-5', 'us.anthropic.claude-sonnet-4-6', 'deepseek-chat', 'glm-4.7']) {
    test(`is marked user text before ${model}, which refuses it`, () => {
      const { json } = encode({ turns }, model)

      expect(json.messages[1]).toEqual({
        role: 'user',
        content: ['<system-reminder>', 'Be brief.', '</system-reminder>'].map((text) => ({ type: 'text', text })),
      })
    })
  }
})

test('stop sequences of nothing but blanks are named as lost, for Claude refuses them', () => {
  const asked = requestOf({ stopSequences: ['\n\n', '', '```'] })
  const converse = bedrockConverseUpstream.encodeRequest(asked, { model: 'anthropic.claude-opus-5', quirks: {} })

  expect(encode(asked)).toMatchObject({ json: { stop_sequences: ['```'] }, dropped: ['stop_sequences'] })
  expect(converse).toMatchObject({
    json: { inferenceConfig: { stopSequences: ['```'] } },
    dropped: ['stop_sequences'],
  })
  expect(encode({ stopSequences: ['\n'] }).json).not.toHaveProperty('stop_sequences')
})

test('an answer that the model is to go on with does not end in blanks, which Claude refuses', () => {
  const turns = [userTurn('go'), assistantTurn('a \n'), userTurn('on'), assistantTurn('{ "a": \n')]
  const begun = encode({ turns }, 'claude-sonnet-4-5')

  expect(begun.json.messages.map(({ content }: { content: { text: string }[] }) => content[0]?.text)).toEqual([
    'go',
    'a \n',
    'on',
    '{ "a":',
  ])
})

test('nor does it in Converse before Claude; another model gets it as it is', () => {
  const asked = requestOf({ turns: [userTurn('go'), assistantTurn('{ "a": \n')] })
  const said = (model: string) => {
    const { json } = bedrockConverseUpstream.encodeRequest(asked, { model, quirks: {} })
    return Object(json).messages[1].content
  }

  expect(said('anthropic.claude-sonnet-4-5')).toEqual([{ text: '{ "a":' }])
  expect(said('amazon.nova-pro-v1:0')).toEqual([{ text: '{ "a": \n' }])
})

test.each(['alice@example.com', '+49 30 1234567', 'x'.repeat(300)])(
  'a Chat client’s name of its user that the API refuses goes as a hash: %p',
  (userId) => {
    const { json } = anthropicUpstream.encodeRequest(requestOf({ userId }), { model: 'claude-opus-5', quirks: {} })

    expect(json.metadata).toEqual({ user_id: shortHash(userId) })
  },
)

describe('a turn of which nothing is left', () => {
  const rolesOf = (json: { readonly messages: readonly { readonly role: string }[] }) =>
    json.messages.map(({ role }) => role)

  test('leaves no gap: the first is a user’s, and so is the last', () => {
    const turns = [userTurn(' '), assistantTurn('Well,'), userTurn('go'), assistantTurn('Done.'), userTurn('\n')]

    expect(rolesOf(encode({ turns }).json)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
  })

  test('lets no system turn stand where none may, nor a conversation without a word', () => {
    const system = { role: 'system', blocks: [{ type: 'text', text: 's' }] } as const
    const turns = [userTurn('hi'), assistantTurn('a'), userTurn(' '), system, userTurn('on')]

    expect(rolesOf(encode({ turns }, 'claude-opus-4-8').json)).toEqual(['user', 'assistant', 'user', 'user'])
    expect(encode({ turns: [userTurn(' ')] }).json.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: '[go on]' }] },
    ])
    for (const upstream of [bedrockConverseUpstream, geminiUpstream]) {
      const { json } = upstream.encodeRequest(requestOf({ turns: [userTurn('')] }), { model: 'm', quirks: {} })
      expect(JSON.stringify(json)).toContain('[go on]')
    }
  })

  test('is still named for what it held', () => {
    const thought = { type: 'thinking', text: 'hm', signature: '' } as const

    expect(encode({ turns: [userTurn('hi'), assistantTurn(thought), userTurn('on')] }).dropped).toEqual(['thinking'])
  })
})

test('a file that a client named by its vendor’s name is told of: Claude knows no such name', () => {
  const content = [
    { type: 'input_file', file_id: 'file-1' },
    { type: 'input_image', file_id: 'file-2' },
  ]
  const body = { model: 'm', input: [{ role: 'user', content }] }
  const request = openaiResponsesSurface.decodeRequest(openaiResponsesSurface.readEnvelope(body))

  const { json, dropped } = anthropicUpstream.encodeRequest(request, { model: 'claude-opus-5', quirks: {} })

  expect(JSON.stringify(json)).not.toContain('file-')
  expect(dropped).toEqual(['document.file', 'image.file'])
})
