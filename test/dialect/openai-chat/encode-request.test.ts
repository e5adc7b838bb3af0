import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Block } from '../../../src/core/block.ts'
import type { ChatRequest, Turn } from '../../../src/core/request.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { toCanonicalId, toWireId } from '../../../src/dialect/tools/tool-ids.ts'
import { assistantTurn, call, decode, encode, RUNS, requestOf, result, tool, userTurn } from './support.ts'

function messagesOf(turns: readonly Turn[], quirks = {}, members: Partial<ChatRequest> = {}) {
  return encode(requestOf({ ...members, turns }), quirks).json.messages
}

const png: Block = { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } }
const pngPart = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }

describe('the prompt', () => {
  test('is one message; the attribution block is not part of it', () => {
    const system = ['x-anthropic-billing-header: cc_version=1;', 'one', 'two'].map(
      (text) => ({ type: 'text', text }) as const,
    )

    expect(encode(requestOf({ system })).json.messages[0]).toEqual({ role: 'system', content: 'one\n\ntwo' })
    expect(encode(requestOf({ system }), { systemRole: 'developer' }).json.messages[0].role).toBe('developer')
  })

  test('a system turn in the middle is kept where the server allows it, else marked user text', () => {
    const turns: Turn[] = [userTurn('a'), { role: 'system', blocks: [{ type: 'text', text: 's' }] }, userTurn('b')]

    expect(messagesOf(turns, { midSystem: 'keep' })).toEqual([
      { role: 'user', content: 'a' },
      { role: 'system', content: 's' },
      { role: 'user', content: 'b' },
    ])
    expect(messagesOf(turns, { plainTextContent: true })).toEqual([
      { role: 'user', content: 'a\n\n<system-reminder>\ns\n</system-reminder>\n\nb' },
    ])
  })
})

describe('tool calls and results', () => {
  test('results stand right behind their calls, images after all of them, then what the user says', () => {
    const withImage: Block = {
      type: 'tool_result',
      toolUseId: 'b',
      content: [{ type: 'text', text: 'seen' }, png],
      isError: false,
    }

    const messages = messagesOf([
      userTurn('go'),
      assistantTurn('ok', call('a'), call('b')),
      userTurn('and', result('a', 'no', true), withImage),
    ])

    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'ok',
        tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'Read', arguments: '{}' } })),
      },
      { role: 'tool', tool_call_id: 'a', content: 'Error: no' },
      { role: 'tool', tool_call_id: 'b', content: 'seen\n[see the attachment below]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[attachment of the tool result above]' },
          pngPart,
          { type: 'text', text: 'and' },
        ],
      },
    ])
  })

  test('a result that comes after a system turn still stands behind its call', () => {
    const system: Turn = { role: 'system', blocks: [{ type: 'text', text: 's' }] }

    const messages = messagesOf([userTurn('go'), assistantTurn(call('a')), system, userTurn(result('a', 'r'))], {
      midSystem: 'keep',
    })

    expect(messages.map((message: { role: string }) => message.role)).toEqual(['user', 'assistant', 'tool', 'system'])
  })

  test('a call without a result gets a stub, a result without a call becomes user text', () => {
    const messages = messagesOf([userTurn('go'), assistantTurn(call('a')), userTurn(result('lost', 'r'))])

    expect(messages[2]).toMatchObject({ role: 'tool', tool_call_id: 'a' })
    expect(messages[3]).toMatchObject({
      role: 'user',
      content: [{ text: '[result of an earlier tool call]' }, { text: 'r' }],
    })
  })

  test('however calls and results are mixed up, every call has exactly one result, right behind it', () => {
    const id = fc.constantFrom('a', 'b', 'c')
    const block = fc.oneof(
      id.map((one) => call(one)),
      id.map((one) => result(one, 'r')),
      fc.constant<Block>({ type: 'text', text: 't' }),
    )
    const turn = fc.record({
      role: fc.constantFrom('user', 'assistant', 'system'),
      blocks: fc.array(block, { maxLength: 4 }),
    })

    fc.assert(
      fc.property(fc.array(turn as fc.Arbitrary<Turn>, { maxLength: 6 }), (turns) => {
        let open: string[] = []
        for (const message of messagesOf(turns, { midSystem: 'keep' })) {
          if (message.role === 'tool') {
            expect(open).toContain(message.tool_call_id)
            open = open.filter((one) => one !== message.tool_call_id)
          } else {
            expect(open).toEqual([])
            open = (message.tool_calls ?? []).map((one: { id: string }) => one.id)
            expect(new Set(open).size).toBe(open.length)
          }
        }
        expect(open).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })
})

describe('tool ids', () => {
  test('of a chat server survive the way through any client, and are legal on it', () => {
    const id = fc.oneof(
      fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }).filter((one) => one.length <= 64),
      fc.constantFrom('lynkr_x', 'functions.Bash:0', 'lynkr_'),
    )

    fc.assert(
      fc.property(id, (wireId) => {
        expect(toCanonicalId(wireId)).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(toWireId(toCanonicalId(wireId))).toBe(wireId)
      }),
      { numRuns: RUNS },
    )
  })

  test('of up to 64 characters stay, longer ones become one short id for call and result', () => {
    const [atLimit, above] = ['x'.repeat(64), 'x'.repeat(65)]

    const messages = messagesOf([assistantTurn(call(above)), userTurn(result(above, 'r'))])

    expect(toWireId(atLimit)).toBe(atLimit)
    expect(messages[0].tool_calls[0].id.length).toBeLessThanOrEqual(40)
    expect(messages[1].tool_call_id).toBe(messages[0].tool_calls[0].id)
  })
})

describe('tools', () => {
  test('names beyond 64 characters are shortened alike in tools, choice and history', () => {
    const name = `mcp__${'x'.repeat(60)}`

    const { json } = encode(
      requestOf({ tools: [tool(name)], toolChoice: { type: 'tool', name }, turns: [assistantTurn(call('a', name))] }),
    )

    const sent = json.tools[0].function.name
    expect(sent).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(json.tool_choice.function.name).toBe(sent)
    expect(json.messages[0].tool_calls[0].function.name).toBe(sent)
    expect(encode(requestOf({ tools: [tool(name.slice(0, 64))] })).json.tools[0].function.name).toBe(name.slice(0, 64))
  })

  const choices = [
    [{ type: 'unset' }, undefined],
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'required' }, 'required'],
    [
      { type: 'tool', name: 'T' },
      { type: 'function', function: { name: 'T' } },
    ],
  ] as const
  for (const [toolChoice, wire] of choices) {
    test(`choice ${JSON.stringify(toolChoice)} is ${JSON.stringify(wire)}, and nothing without tools`, () => {
      expect(encode(requestOf({ tools: [tool('T')], toolChoice })).json.tool_choice).toEqual(wire)
      expect(encode(requestOf({ toolChoice })).json).not.toHaveProperty('tool_choice')
    })
  }

  test('the schema loses $schema only; parallel calls are limited where the server knows how', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false }
    const parameters = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }
    const request = requestOf({
      tools: [{ type: 'function', name: 'T', parameters, strict: true }],
      parallelToolCalls: false,
    })

    expect(encode(request).json).toMatchObject({ parallel_tool_calls: false })
    expect(encode(request).json.tools[0].function).toEqual({ name: 'T', parameters: schema, strict: true })
    expect(encode(request, { parallelToolCalls: false }).dropped).toEqual(['parallel_tool_calls'])
  })
})

test('a tool is strict where OpenAI takes its schema as such, and else named: Claude holds to schemas that leave members out', () => {
  const strictOf = (required: readonly string[]) => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } }, required, additionalProperties: false }
    const request = requestOf({ tools: [{ type: 'function', name: 'T', parameters, strict: true }] })
    const chat = encode(request)
    const responses = openaiResponsesUpstream.encodeRequest(request, { model: 'gpt-5', quirks: {} })
    const [tool] = Object(responses.json).tools
    return [chat.json.tools[0].function.strict, tool.strict, chat.dropped, responses.dropped]
  }

  expect(strictOf(['a'])).toEqual([true, true, [], []])
  expect(strictOf([])).toEqual([undefined, false, ['tools.strict'], ['tools.strict']])
})

describe('sampling and stop sequences', () => {
  const request = requestOf({ sampling: { temperature: 0, topP: 0.9 }, stopSequences: ['END'] })
  const sent = { temperature: 0, top_p: 0.9, stop: ['END'] }
  const encodeFor = (model: string, asked = request) => openaiChatUpstream.encodeRequest(asked, { model, quirks: {} })

  for (const model of ['gpt-5', 'gpt-5.5-mini', 'openai/o3', 'databricks-gpt-5-1', 'o4-mini-2025-04-16']) {
    test(`are named as lost before ${model}, which refuses them`, () => {
      const { json, dropped } = encodeFor(model)

      for (const member of Object.keys(sent)) expect(json).not.toHaveProperty(member)
      expect(dropped).toEqual(['temperature', 'top_p', 'stop_sequences'])
    })
  }

  test('that are what the model has anyway are no loss', () => {
    expect(encodeFor('gpt-5', requestOf({ sampling: { temperature: 1, topP: 1 } })).dropped).toEqual([])
  })

  for (const model of ['gpt-4.1', 'gpt-5-chat-latest', 'gpt-oss-120b', 'olmo-3', 'qwen3-max']) {
    test(`go to ${model}`, () => {
      expect(encodeFor(model)).toMatchObject({ json: sent, dropped: [] })
    })
  }
})

describe('an answer by schema', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const open = { ...closed, required: [] }
  const strictOf = (format: object) => {
    const { json, dropped } = encode(requestOf({ format: { type: 'json_schema', schema: open, ...format } }))
    return { strict: json.response_format.json_schema.strict, dropped }
  }

  test('of a client that cannot say so is strict where OpenAI takes it as such, and else named', () => {
    expect(strictOf({ schema: closed })).toEqual({ strict: true, dropped: [] })
    const lost = { strict: false, dropped: ['response_format.strict'] }
    expect(strictOf({ schema: open })).toEqual(lost)
    expect(strictOf({ schema: { ...closed, additionalProperties: true } })).toEqual(lost)
    expect(strictOf({ schema: { ...closed, properties: { a: { type: 'array', items: open } } } })).toEqual(lost)
    expect(strictOf({ schema: { $ref: '#/$defs/A', $defs: { A: open } } })).toEqual(lost)
  })

  test('is as strict as a client says, and not strict where it says nothing', () => {
    expect(strictOf({ strict: true })).toEqual({ strict: true, dropped: [] })
    expect(strictOf({ strict: false })).toEqual({ strict: false, dropped: [] })
    const { format } = decode({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: open } },
    })
    expect(format).toMatchObject({ strict: false })
  })
})

const isAssistant = ({ role }: { role: string }) => role === 'assistant'
const reasoningOf = (message: { reasoning_content?: string }) => message.reasoning_content

describe('reasoning', () => {
  const thought: Turn = assistantTurn({ type: 'thinking', text: 'deep', signature: 'sig' }, 'hi')

  test('goes back in the field that the server takes, with its signature only where that has a place', () => {
    const sent = (reasoningField: 'reasoning_content' | 'reasoning_details' | 'content') =>
      encode(requestOf({ turns: [thought] }), { reasoningField })

    expect(sent('reasoning_content').json.messages[0]).toEqual({
      role: 'assistant',
      content: 'hi',
      reasoning_content: 'deep',
    })
    expect(sent('reasoning_content').dropped).toEqual(['thinking.signature'])
    expect(sent('reasoning_details').json.messages[0].reasoning_details).toEqual([
      { type: 'reasoning.text', text: 'deep', signature: 'sig' },
    ])
    expect(sent('content').json.messages[0].content).toEqual([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'deep', signature: 'sig' }] },
      { type: 'text', text: 'hi' },
    ])
    expect(sent('content').dropped).toEqual([])
  })

  test('that nobody signed is left out before Claude, which refuses it, and goes back to others', () => {
    const turns = [
      userTurn('go'),
      assistantTurn({ type: 'thinking', text: 'deep', signature: '' }, 'hi'),
      userTurn('on'),
    ]
    const sent = (model: string, reasoningField: 'content' | 'reasoning_details') => {
      const { json, dropped } = openaiChatUpstream.encodeRequest(requestOf({ turns }), {
        model,
        quirks: { reasoningField },
      })
      return [JSON.stringify(json).includes('deep'), dropped]
    }

    expect(sent('databricks-claude-sonnet-4-5', 'content')).toEqual([false, ['thinking']])
    expect(sent('anthropic/claude-opus-5-5', 'reasoning_details')).toEqual([false, ['thinking']])
    expect(sent('databricks-gpt-oss-120b', 'content')).toEqual([true, []])
  })

  test('is a blank where a server refuses an answer without any, whoever gave it', () => {
    const hidden = assistantTurn({ type: 'thinking', text: '', signature: 'sig' }, call('c1'))
    const turns = [userTurn('go'), hidden, userTurn(result('c1', 'done')), thought]
    const sent = (needsReasoning: boolean) =>
      encode(requestOf({ turns }), { reasoningField: 'reasoning_content', needsReasoning }).json.messages

    expect(sent(true).filter(isAssistant).map(reasoningOf)).toEqual([' ', 'deep'])
    expect(sent(false).filter(isAssistant).map(reasoningOf)).toEqual([undefined, 'deep'])
  })

  test('is dropped by default, by name, and never becomes visible text', () => {
    const { json, dropped } = encode(requestOf({ turns: [thought] }))

    expect(JSON.stringify(json)).not.toContain('deep')
    expect(dropped).toEqual(['thinking.signature', 'thinking'])
  })

  const efforts = [
    [{ type: 'unset' }, {}, undefined],
    [{ type: 'adaptive' }, {}, undefined],
    [{ type: 'adaptive', effort: 'medium' }, {}, 'medium'],
    [{ type: 'adaptive', effort: 'max' }, {}, 'high'],
    [{ type: 'adaptive', effort: 'max' }, { reasoningEffortMax: 'xhigh' }, 'xhigh'],
    [{ type: 'adaptive', effort: 'max' }, { reasoningEffortMax: 'max' }, 'max'],
    [{ type: 'adaptive', effort: 'xhigh' }, { reasoningEffortMax: 'xhigh' }, 'xhigh'],
    [{ type: 'adaptive', effort: 'xhigh' }, { reasoningEffortMax: 'max' }, 'xhigh'],
    [{ type: 'off', effort: 'high' }, {}, 'none'],
    [{ type: 'budget', budgetTokens: 4_096 }, {}, 'low'],
    [{ type: 'budget', budgetTokens: 4_097 }, {}, 'medium'],
    [{ type: 'budget', budgetTokens: 16_384 }, {}, 'medium'],
    [{ type: 'budget', budgetTokens: 16_385 }, {}, 'high'],
    [{ type: 'adaptive', effort: 'low' }, { reasoningEffort: false }, undefined],
  ] as const
  for (const [reasoning, quirks, effort] of efforts) {
    test(`${JSON.stringify(reasoning)} under ${JSON.stringify(quirks)} asks for ${effort}`, () => {
      expect(encode(requestOf({ reasoning }), quirks).json.reasoning_effort).toBe(effort)
    })
  }
})

test.each([
  ['gpt-5', 'low', 'high'],
  ['openai/gpt-5-mini', 'low', 'high'],
  ['gpt-5-2025-08-07', 'low', 'high'],
  ['o4-mini', 'low', 'high'],
  ['databricks-gpt-5-1', 'none', 'high'],
  ['gpt-5.1', 'none', 'high'],
  ['gpt-5.2', 'none', 'xhigh'],
  ['gpt-6.1-sol', 'none', 'xhigh'],
])('%s is asked for %s where no thinking is wanted, and for %s where all of it is', (model, least, most) => {
  const profile = { model, quirks: { reasoningEffortMax: 'xhigh' } } as const
  const off = requestOf({ reasoning: { type: 'off' } })
  const all = requestOf({ reasoning: { type: 'adaptive', effort: 'max' } })
  const chat = [off, all].map((request) => openaiChatUpstream.encodeRequest(request, profile).json.reasoning_effort)
  const responses = [off, all].map((request) => openaiResponsesUpstream.encodeRequest(request, profile).json.reasoning)

  expect(chat).toEqual([least, most])
  expect(responses).toEqual([{ effort: least }, { effort: most, summary: 'auto' }])
})

test.each([['gpt-5.1-codex-max'], ['databricks-gpt-5-1-codex-max']])(
  '%s knows more than high, as the first',
  (model) => {
    const request = requestOf({ reasoning: { type: 'adaptive', effort: 'xhigh' } })

    const { json } = openaiChatUpstream.encodeRequest(request, { model, quirks: { reasoningEffortMax: 'xhigh' } })

    expect(json.reasoning_effort).toBe('xhigh')
  },
)

test('limits, quirks and what is dropped are named from a closed set', () => {
  const request = requestOf({
    stream: true,
    maxOutputTokens: 128_000,
    stopSequences: ['1', '2', '3', '4', '5'],
    sampling: { topK: 5, temperature: 0.5 },
    userId: 'somebody',
    tools: [
      {
        type: 'opaque',
        name: 'web_search',
        opaque: { dialect: 'anthropic', members: { type: 'web_search_20250305' } },
      },
      {
        ...tool('T'),
        cache: { ttl: '5m' },
        opaque: { dialect: 'anthropic', members: { defer_loading: true, 'secret text': 1 } },
      },
    ],
    opaque: { dialect: 'anthropic', members: { context_management: {}, whatever: 1 } },
  })

  const { json, dropped } = encode(request, {
    maxTokensField: 'max_tokens',
    maxOutputTokensCap: 8_192,
    omitModel: true,
    streamUsage: false,
  })

  expect(json).toMatchObject({ max_tokens: 8_192, stop: ['1', '2', '3', '4'], temperature: 0.5, stream: true })
  for (const absent of ['model', 'stream_options', 'top_k', 'user']) expect(json).not.toHaveProperty(absent)
  expect(dropped.toSorted()).toEqual(
    [
      'cache_control',
      'context_management',
      'request.unknown',
      'stop_sequences',
      'tools.defer_loading',
      'tools.server',
      'tools.unknown',
      'top_k',
      'user_id',
    ].toSorted(),
  )
})

test('the user id leaves only as a hash', () => {
  const { json } = encode(requestOf({ userId: 'device-1' }), { userField: 'safety_identifier', promptCacheKey: true })

  expect(json.safety_identifier).toMatch(/^[a-z0-9]{11}$/)
  expect(json.prompt_cache_key).toBe(json.safety_identifier)
})

test('documents are text, a file where the server takes PDFs, else a note that says so', () => {
  const pdf: Block = {
    type: 'document',
    title: 'spec',
    source: { type: 'base64', mediaType: 'application/pdf', data: 'AA' },
  }
  const text: Block = { type: 'document', title: 'notes', source: { type: 'text', text: 'body' } }

  expect(messagesOf([userTurn(text)])[0].content).toBe('notes\n\nbody')
  expect(messagesOf([userTurn(pdf)], { pdfInput: true })[0].content).toEqual([
    { type: 'file', file: { filename: 'spec.pdf', file_data: 'data:application/pdf;base64,AA' } },
  ])
  expect(encode(requestOf({ turns: [userTurn(pdf)] })).dropped).toEqual(['document'])
})

test('what a chat client can say comes back from the wire as it was', () => {
  const word = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'ü', ' ', '"', '😀') })
  const text = word.map((one): Block => ({ type: 'text', text: one }))
  const image = fc.constantFrom<Block>(png, { type: 'image', source: { type: 'url', url: 'https://h/x.png' } })
  const exchange = fc.record({
    said: fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 3 }),
    answer: fc.option(word),
    inputs: fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), { maxLength: 3 }),
    results: word,
  })
  let n = 0

  fc.assert(
    fc.property(
      fc.array(exchange, { minLength: 1, maxLength: 3 }),
      fc.array(word, { maxLength: 2 }),
      (exchanges, prompts) => {
        const turns: Turn[] = []
        let waiting: Block[] = []
        for (const { said, answer, inputs, results } of exchanges) {
          turns.push({ role: 'user', blocks: [...waiting, ...said] })
          const calls = inputs.map((input): Block => call(`call_${n++}`, 'T', JSON.stringify(input)))
          waiting = calls.map((one) => result(one.type === 'tool_use' ? one.id : '', results))
          turns.push({ role: 'assistant', blocks: [{ type: 'text', text: answer ?? 'ok' }, ...calls] })
        }
        turns.push({ role: 'user', blocks: [...waiting, { type: 'text', text: 'end' }] })
        const system: ChatRequest['system'] = prompts.length === 0 ? [] : [{ type: 'text', text: prompts.join('\n\n') }]
        const request = requestOf({
          model: 'model-sent',
          stream: true,
          system,
          turns,
          tools: [tool('T')],
          toolChoice: { type: 'required' },
          maxOutputTokens: 7,
          stopSequences: ['x'],
        })

        expect(decode(encode(request).json)).toEqual(request)
      },
    ),
    { numRuns: RUNS },
  )
})
