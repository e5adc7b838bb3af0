import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { collect } from '../../../src/core/collect.ts'
import { openGrammar } from '../../../src/core/grammar.ts'
import { SCHEMA_PARTS_MAX } from '../../../src/core/limits.ts'
import { pairCalls } from '../../../src/core/pair-calls.ts'
import type { ChatRequest } from '../../../src/core/request.ts'
import { geminiUpstream } from '../../../src/dialect/gemini/index.ts'
import { schemaSubset } from '../../../src/dialect/gemini/schema-subset.ts'
import { checkGemini } from '../../../src/simulator/strict-gemini.ts'
import { anyRequest, RUNS } from '../../arbitraries.ts'
import { assistantTurn, call, contextOf, frame, requestOf, result, tool, userTurn } from '../openai-chat/support.ts'

/** For the many cases of the full run. */
const LONG_MS = 120_000

function encode(members: Partial<ChatRequest>, model = 'gemini-3-pro') {
  const { json, dropped } = geminiUpstream.encodeRequest(pairCalls(requestOf(members)).request, { model, quirks: {} })
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

const part = (...parts: object[]) => ({ candidates: [{ content: { role: 'model', parts } }] })
const END = { candidates: [{ finishReason: 'STOP' }] }

function decode(...chunks: object[]) {
  const decoder = geminiUpstream.openDecoder(contextOf())
  return collect([...chunks.flatMap((chunk) => [...decoder.push(frame(chunk))]), ...decoder.end()])
}

test.each(['3d_render', '-render', '3d.render'])(
  'a tool %p goes by a name that begins as Gemini wants it, and comes back by its own',
  (name) => {
    const turns = [userTurn('go'), assistantTurn(call('c1', name, '{}')), userTurn(result('c1', 'done'))]
    const request = requestOf({ turns, tools: [tool(name)], toolChoice: { type: 'tool', name } })

    const { json } = encode(request)
    const wireName: string = json.tools[0].functionDeclarations[0].name
    const decoder = geminiUpstream.openDecoder({ ...contextOf(), request })
    const answer = [part({ functionCall: { name: wireName, args: {} } }), END].map((chunk) =>
      decoder.push(frame(chunk)),
    )
    const { blocks } = collect([...answer.flat(), ...decoder.end()])

    expect(wireName).toMatch(/^_[A-Za-z0-9_-]{1,63}$/)
    expect(json.toolConfig.functionCallingConfig.allowedFunctionNames).toEqual([wireName])
    expect(json.contents[1].parts[0].functionCall.name).toBe(wireName)
    expect(json.contents[2].parts[0].functionResponse.name).toBe(wireName)
    expect(blocks).toMatchObject([{ type: 'tool_use', name }])
  },
)

test('results stand in the order of their calls, which is all that tells two calls of one tool apart', () => {
  const turns = [
    userTurn('go'),
    assistantTurn(call('c1', 'Read', '{"path":"/a"}'), call('c2', 'Read', '{"path":"/b"}')),
    userTurn(result('c2', 'of b'), result('c1', 'of a')),
  ]

  const { json } = encode({ turns, tools: [tool('Read')] })

  expect(json.contents[2].parts).toEqual(
    ['of a', 'of b'].map((output) => ({ functionResponse: { name: 'Read', response: { output } } })),
  )
})

test('a conversation of which a client took the beginning off begins with its user, and one that ends in an answer goes on with him', () => {
  const history = [assistantTurn(call('c1')), userTurn(result('c1', 'x')), assistantTurn('Well,')]

  const { contents } = encode({ turns: history, tools: [tool('Read')] }).json

  expect(contents.map(({ role }: { role: string }) => role)).toEqual(['user', 'model', 'user', 'model', 'user'])
  expect(contents[0].parts).toEqual([{ text: '[the conversation begins with an answer]' }])
  expect(contents[4].parts).toEqual([{ text: '[go on]' }])
})

test('sound of a Chat client is heard by Gemini, and a recording in a form that is no name is told of', () => {
  const partsFor = (format: string) => {
    const payload = { type: 'input_audio', input_audio: { data: 'UklGRg==', format } }
    return encode({ turns: [userTurn({ type: 'opaque', dialect: 'openai-chat', payload, deltas: [] })] })
  }

  expect(partsFor('wav').json.contents[0].parts).toEqual([{ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }])
  expect(partsFor('wav').dropped).toEqual([])
  expect(partsFor('a/b').json.contents[0].parts[0].text).toContain('[a recording')
})

test('a picture in a form that Gemini refuses is told of, and one that it takes is shown', () => {
  const partsFor = (mediaType: string) =>
    encode({ turns: [userTurn({ type: 'image', source: { type: 'base64', mediaType, data: 'R0lGODlh' } })] })

  expect(partsFor('image/gif').json.contents[0].parts[0].text).toContain('image/gif')
  expect(partsFor('image/gif').dropped).toEqual(['image'])
  expect(partsFor('image/webp').json.contents[0].parts[0].inlineData.mimeType).toBe('image/webp')
})

describe('a budget for thinking', () => {
  const budgets: readonly [model: string, asked: number, sent: number][] = [
    ['gemini-2.5-pro', 64, 128],
    ['gemini-2.5-pro', 31_999, 31_999],
    ['gemini-2.5-pro', 63_999, 32_768],
    ['gemini-2.5-flash', 31_999, 24_576],
    ['gemini-2.5-flash-lite', 500, 512],
  ]
  for (const [model, budgetTokens, sent] of budgets) {
    test(`of ${budgetTokens} is ${sent} before ${model}, which takes no other`, () => {
      const { json } = encode({ reasoning: { type: 'budget', budgetTokens } }, model)

      expect(json.generationConfig.thinkingConfig).toEqual({ includeThoughts: true, thinkingBudget: sent })
    })
  }

  for (const [model, sent] of [
    ['gemini-2.5-pro', 128],
    ['gemini-2.5-flash', 0],
    ['gemini-2.5-flash-lite', 0],
  ] as const) {
    test(`that is none is ${sent} before ${model}`, () => {
      const { json } = encode({ reasoning: { type: 'off' } }, model)

      expect(json.generationConfig.thinkingConfig).toEqual({ thinkingBudget: sent })
    })
  }
})

describe('a thought signature', () => {
  test('of a message whose words stand in between goes back on the call, where models insist on it', () => {
    const thought = { type: 'thinking', text: 'hm', signature: 'lynkr1.gemini.c2ln' } as const
    const turns = [userTurn('go'), assistantTurn(thought, 'I look.', call('c1')), userTurn(result('c1', 'x'))]

    const { parts } = encode({ turns, tools: [tool('Read')] }).json.contents[1]

    expect(parts).toEqual([{ text: 'I look.' }, { functionCall: { name: 'Read', args: {} }, thoughtSignature: 'c2ln' }])
  })

  const answer = decode(
    part({ text: 'Hm.', thought: true }),
    part({ functionCall: { id: 'c1', name: 'Read', args: { path: '/a' } }, thoughtSignature: 'c2ln.%=' }),
    part({ functionCall: { id: 'c2', name: 'Read', args: {} } }),
    END,
  )
  const turns = [
    userTurn('go'),
    { role: 'assistant' as const, blocks: answer.blocks },
    userTurn(result('c1', 'x'), result('c2', 'y')),
  ]

  test('comes back on the very part that it stood on', () => {
    const { json, dropped } = encode({ turns, tools: [tool('Read')] })

    expect(json.contents[1]).toEqual({
      role: 'model',
      parts: [
        { functionCall: { name: 'Read', args: { path: '/a' } }, thoughtSignature: 'c2ln.%=' },
        { functionCall: { name: 'Read', args: {} } },
      ],
    })
    expect(json.contents[2].parts).toEqual([
      { functionResponse: { name: 'Read', response: { output: 'x' } } },
      { functionResponse: { name: 'Read', response: { output: 'y' } } },
    ])
    expect(dropped).toEqual([])
  })

  test('behind the last word comes back too', () => {
    const { blocks } = decode(part({ text: 'Hello' }), part({ text: '', thoughtSignature: 's' }), END)
    const { json } = encode({ turns: [userTurn('a'), { role: 'assistant', blocks }, userTurn('b')] })

    expect(json.contents[1].parts).toEqual([{ text: 'Hello' }, { text: '', thoughtSignature: 's' }])
  })

  test("of another vendor's is never shown to Gemini, and a call without one says that there is none", () => {
    const foreign = { type: 'thinking', text: 'hm', signature: 'EqQBCg==' } as const
    const history = [userTurn('go'), assistantTurn(foreign, call('c1')), userTurn(result('c1', 'x'))]

    const { json, dropped } = encode({ turns: history, tools: [tool('Read')] })

    expect(JSON.stringify(json)).not.toContain('EqQBCg==')
    expect(json.contents[1].parts[0].thoughtSignature).toBe('skip_thought_signature_validator')
    expect(dropped).toEqual(['thinking.signature', 'thinking'])
    expect(JSON.stringify(encode({ turns: history }, 'gemini-2.5-pro').json)).not.toContain('thoughtSignature')
  })
})

describe('a schema', () => {
  test('of a list says what it holds, which Gemini insists on', () => {
    const list = (items: object) => schemaSubset({ type: 'object', properties: { p: { type: 'array', ...items } } })
    const texts = { type: 'object', properties: { p: { type: 'array', items: { type: 'string' } } } }

    for (const items of [{}, { items: {} }, { items: true }, { items: { description: 'x', type: undefined } }]) {
      expect(list(items)).toEqual({ schema: texts, isNarrowed: true, isOpen: true })
    }
    expect(list({ items: { type: 'array' } }).schema).toMatchObject({
      properties: { p: { items: { type: 'array', items: { type: 'string' } } } },
    })
    const either = { anyOf: [{ type: 'string' }, { type: 'integer' }] }
    expect(list({ items: either })).toMatchObject({
      schema: { properties: { p: { items: either } } },
      isNarrowed: false,
    })
  })

  test('keeps what Gemini knows, and says when the model is told less', () => {
    const strict = {
      $schema: 'x',
      type: 'object',
      additionalProperties: false,
      properties: {
        a: { type: ['string', 'null'], format: 'uri' },
        b: { oneOf: [{ const: 'x' }, { enum: ['y', null] }] },
        c: { $ref: '#/$defs/c' },
        d: { type: 'integer', exclusiveMinimum: 0, enum: [1, 2] },
      },
      required: ['a', 'gone'],
      $defs: { c: { type: 'array', items: { $ref: '#/$defs/c' }, description: 'nested' } },
    }

    expect(schemaSubset(strict)).toEqual({
      isNarrowed: true,
      isOpen: true,
      schema: {
        type: 'object',
        properties: {
          a: { type: 'string', nullable: true },
          b: {
            anyOf: [
              { enum: ['x'], type: 'string' },
              { enum: ['y'], type: 'string', nullable: true },
            ],
          },
          c: { type: 'array', items: { type: 'string' }, description: 'nested' },
          d: { type: 'integer' },
        },
        required: ['a'],
      },
    })
    expect(schemaSubset({ type: 'object', properties: { p: { type: 'string' } } }).isNarrowed).toBe(false)
  })

  test.each<[string, object, Readonly<Record<string, unknown>>, boolean]>([
    [
      'what may be absent',
      { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, title: 'T', description: 'd' },
      { type: 'string', nullable: true, title: 'T', description: 'd' },
      false,
    ],
    [
      'several that may be absent',
      {
        anyOf: [{ type: 'string' }, { type: 'integer', description: 'own' }, { type: 'null' }],
        title: 'T',
        description: 'd',
      },
      {
        anyOf: [
          { type: 'string', description: 'd', nullable: true },
          { type: 'integer', description: 'own', nullable: true },
        ],
      },
      false,
    ],
    [
      'alternatives of alternatives',
      {
        anyOf: [{ anyOf: [{ type: 'string' }, { type: 'integer' }], description: 'inner' }, { type: 'boolean' }],
        description: 'd',
      },
      {
        anyOf: [
          { type: 'string', description: 'inner' },
          { type: 'integer', description: 'inner' },
          { type: 'boolean', description: 'd' },
        ],
      },
      false,
    ],
    [
      'a type of its own',
      { type: 'number', anyOf: [{ type: 'number' }, { type: 'null' }] },
      { type: 'number', nullable: true },
      false,
    ],
    [
      'members of which one is wanted',
      { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
      { type: 'object', properties: { a: { type: 'string' } } },
      false,
    ],
    [
      'more than its type',
      {
        type: 'string',
        anyOf: [
          { type: 'string', pattern: 'a' },
          { type: 'string', pattern: 'b' },
        ],
      },
      { type: 'string' },
      true,
    ],
  ])('of alternatives has nothing beside them, which Vertex refuses: %s', (_, asked, schema, isNarrowed) => {
    expect(schemaSubset(asked)).toMatchObject({ isNarrowed })
    expect(schemaSubset(asked).schema).toEqual(schema)
  })

  test.each<[string, object, Readonly<Record<string, unknown>>, boolean]>([
    [
      'members without a type',
      { properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      false,
    ],
    ['a list without one', { items: { type: 'string' } }, { type: 'array', items: { type: 'string' } }, false],
    ['members of a text', { type: 'string', properties: { a: {} }, required: ['a'] }, { type: 'string' }, true],
    ['items of a text', { type: ['string', 'array'], items: { type: 'string' } }, { type: 'string' }, true],
    ['choices of a number', { type: 'integer', enum: ['1', '2'] }, { type: 'integer' }, true],
    ['an empty choice', { type: 'string', enum: ['', 'a'] }, { type: 'string', enum: ['a'] }, true],
    ['no other choice than an empty one', { type: 'string', enum: [''] }, { type: 'string' }, true],
    [
      'words beside a reference to alternatives',
      { $ref: '#/$defs/u', description: 'd', $defs: { u: { anyOf: [{ type: 'string' }, { type: 'integer' }] } } },
      {
        anyOf: [
          { type: 'string', description: 'd' },
          { type: 'integer', description: 'd' },
        ],
      },
      false,
    ],
  ])('has nothing that Gemini takes of another type only: %s', (_, asked, schema, isNarrowed) => {
    expect(schemaSubset(asked)).toMatchObject({ isNarrowed })
    expect(schemaSubset(asked).schema).toEqual(schema)
  })

  test('whose definitions double with each other is cut before it fills the memory, and says so', () => {
    const twice = (ref: string) => ({ type: 'object', properties: { a: { $ref: ref }, b: { $ref: ref } } })
    const levels = Array.from({ length: 18 }, (_, i) => [`d${i}`, twice(`#/$defs/d${i + 1}`)] as const)
    const $defs = { ...Object.fromEntries(levels), d18: { type: 'string' } }

    const { schema, isNarrowed } = schemaSubset({ ...twice('#/$defs/d0'), $defs })

    expect(JSON.stringify(schema).length).toBeLessThan(100 * SCHEMA_PARTS_MAX)
    expect(isNarrowed).toBe(true)
  })

  test(
    'of any shape ends, however it refers to itself',
    () => {
      const node = fc.letrec((tie) => ({
        schema: fc.oneof(
          { maxDepth: 4 },
          fc.record({ $ref: fc.constantFrom('#', '#/$defs/a', '#/$defs/b', 'other.json', '#/%zz') }),
          fc.record(
            {
              type: fc.constantFrom('object', 'string', ['null', 'array']),
              properties: fc.dictionary(fc.string(), tie('schema')),
              anyOf: fc.array(tie('schema'), { maxLength: 2 }),
            },
            { requiredKeys: [] },
          ),
          fc.anything(),
        ),
      })).schema

      fc.assert(
        fc.property(node, node, node, (root, a, b) => {
          const value = typeof root === 'object' && root !== null ? { ...root, $defs: { a, b } } : root
          expect(typeof schemaSubset(value).schema).toBe('object')
        }),
        RUNS,
      )
    },
    LONG_MS,
  )
})

describe('an answer', () => {
  test('counts thoughts as output and takes the cached part off the prompt', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 5,
    }

    expect(decode(part({ text: 'x' }), { ...END, usageMetadata }).usage).toMatchObject({
      inputTokens: 40,
      cacheReadTokens: 60,
      outputTokens: 12,
      reasoningTokens: 5,
    })
  })

  test('tells pictures and sound from the text of its output', () => {
    const candidatesTokensDetails = [
      { modality: 'TEXT', tokenCount: 7 },
      { modality: 'IMAGE', tokenCount: 1_120 },
    ]
    const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 1_127, candidatesTokensDetails }

    const { usage } = decode(part({ text: 'x' }), { ...END, usageMetadata })

    expect([usage.outputTokens, usage.extras?.mediaTokens]).toEqual([1_127, 1_120])
  })

  test('keeps what was told of its tokens where the last chunk leaves it out', () => {
    const told = { promptTokenCount: 100, candidatesTokenCount: 7 }

    const { usage } = decode(
      { ...part({ text: 'x' }), usageMetadata: told },
      { ...END, usageMetadata: { promptTokenCount: 100 } },
    )

    expect(usage).toMatchObject({ inputTokens: 100, outputTokens: 7 })
  })

  test.each([
    ['STOP', { kind: 'end_turn' }],
    ['MAX_TOKENS', { kind: 'max_tokens' }],
    ['SAFETY', { kind: 'refusal' }],
    ['LANGUAGE', { kind: 'refusal' }],
    ['OTHER', { kind: 'unknown', dialect: 'gemini', reason: 'OTHER' }],
  ] as const)('that ends in %s says so', (finishReason, reason) => {
    expect(decode(part({ text: 'x' }), { candidates: [{ finishReason }] }).reason).toEqual(reason)
  })

  test.each(['PROHIBITED_CONTENT', 'OTHER'])('to a prompt that was blocked is a refusal: %s', (blockReason) => {
    expect(decode({ promptFeedback: { blockReason } }).reason).toEqual({ kind: 'refusal' })
  })

  test.each([
    [
      'a call that is none',
      part({ text: 'x' }),
      { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] },
      'upstream_error',
    ],
    [
      'an error inside the stream',
      part({ text: 'x' }),
      { error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED' } },
      'upstream_rate_limited',
    ],
    ['no reason to end', part({ text: 'x' }), {}, 'stream_interrupted'],
  ])('with %s ends in an error, never as if it were whole', (_name, one, two, kind) => {
    const decoder = geminiUpstream.openDecoder(contextOf())
    const events = [one, two].flatMap((chunk) => [...decoder.push(frame(chunk))])

    expect([...events, ...decoder.end()].at(-1)).toMatchObject({ type: 'error', kind })
  })

  test(
    'of any chunks in any order is a legal stream',
    () => {
      const piece = fc.oneof(
        fc.record({ text: fc.string(), thought: fc.boolean(), thoughtSignature: fc.string() }, { requiredKeys: [] }),
        fc.record(
          {
            functionCall: fc.record({ name: fc.string(), args: fc.dictionary(fc.string(), fc.jsonValue()) }),
            thoughtSignature: fc.string(),
          },
          { requiredKeys: ['functionCall'] },
        ),
        fc.anything(),
      )
      const chunk = fc.record({
        parts: fc.array(piece, { maxLength: 3 }),
        finishReason: fc.constantFrom('STOP', 'SAFETY', 'X', undefined),
      })
      fc.assert(
        fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
          const decoder = geminiUpstream.openDecoder(contextOf())
          const frames = chunks.map(({ parts, finishReason }) =>
            frame({ candidates: [{ content: { parts }, finishReason }] }),
          )
          const grammar = openGrammar()
          const events = [...frames.flatMap((one) => [...decoder.push(one)]), ...decoder.end()]
          const isEmpty = chunks.length === 0
          for (const event of events) expect(isEmpty ? null : grammar.check(event)).toBeNull()
          expect(events.at(-1)?.type).toMatch(/finish|error/)
        }),
        RUNS,
      )
    },
    LONG_MS,
  )
})

test('a call behind an answer is of one turn with it where nothing is left of what the user said between', () => {
  const blank = { type: 'redacted_thinking', data: '' } as const

  const { json } = encode({
    turns: [userTurn('go'), assistantTurn('Well,'), userTurn(blank), assistantTurn(call('c1'))],
  })

  expect(json.contents.map(({ role }: { role: string }) => role)).toEqual(['user', 'model', 'user'])
  checkGemini('gemini-3-pro', json)
})

test(
  'any request becomes one that Gemini, played strictly, does not refuse',
  () => {
    fc.assert(
      fc.property(anyRequest('anthropic'), (request) => {
        const { json } = encode({ ...request, turns: [userTurn('go'), ...request.turns] })
        checkGemini('gemini-3-pro', json)
      }),
      RUNS,
    )
  },
  LONG_MS,
)
