import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { collect } from '../../../src/core/collect.ts'
import { openGrammar } from '../../../src/core/grammar.ts'
import { openGuard } from '../../../src/core/guard.ts'
import { pairCalls } from '../../../src/core/pair-calls.ts'
import type { ChatRequest } from '../../../src/core/request.ts'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'
import { CLOUD_BETAS } from '../../../src/routing/rows-aws.ts'
import { checkConverse } from '../../../src/simulator/strict-converse.ts'
import { anyRequest, RUNS } from '../../arbitraries.ts'
import { assistantTurn, call, contextOf, requestOf, result, tool, userTurn } from '../openai-chat/support.ts'

const CLAUDE = 'us.anthropic.claude-opus-4-5-20251101-v1:0'

/** For the many cases of the full run. */
const LONG_MS = 120_000

function encode(members: Partial<ChatRequest>, model = CLAUDE, betas: readonly string[] = []) {
  const quirks = { betas: { in: 'body', known: CLOUD_BETAS } } as const
  const { json, dropped } = bedrockConverseUpstream.encodeRequest(pairCalls(requestOf(members)).request, {
    model,
    quirks,
    betas,
  })
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

const event = (name: string, data: object) => ({ event: name, data: new TextEncoder().encode(JSON.stringify(data)) })

function decode(...events: ReturnType<typeof event>[]) {
  const decoder = bedrockConverseUpstream.openDecoder(contextOf())
  return [...events.flatMap((one) => [...decoder.push(one)]), ...decoder.end()]
}

describe('a cache mark', () => {
  const cached: Partial<ChatRequest> = {
    system: [{ type: 'text', text: 'Rules.', cache: { ttl: '1h' } }],
    tools: [{ ...tool('Read'), cache: { ttl: '5m' } }],
    turns: [userTurn({ type: 'text', text: 'go', cache: { ttl: '5m' } })],
  }
  const point = { cachePoint: { type: 'default' } }

  test('is a cache point behind what it marks', () => {
    const { json, dropped } = encode(cached)

    expect(json.system).toEqual([{ text: 'Rules.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    expect(json.toolConfig.tools[1]).toEqual(point)
    expect(json.messages).toEqual([{ role: 'user', content: [{ text: 'go' }, point] }])
    expect(dropped).toEqual([])
  })

  test('on a system turn stands behind it and changes nothing of its text', () => {
    const systemTurn = (mark: object) =>
      encode({ turns: [userTurn('go'), { role: 'system', blocks: [{ type: 'text', text: 'Be brief.', ...mark }] }] })
        .json

    const [plain, marked] = [systemTurn({}), systemTurn({ cache: { ttl: '5m' } })]

    expect(marked.messages[0].content).toEqual([...plain.messages[0].content, point])
  })

  test.each(['tool', 'result'])('on a %s is dropped by name before Nova, which refuses it there', (place) => {
    const cache = { ttl: '5m' } as const
    const tool = {
      type: 'function',
      name: 'run',
      parameters: { type: 'object' },
      ...(place === 'tool' && { cache }),
    } as const
    const call = { type: 'tool_use', id: 'a', name: 'run', inputJson: '{}' } as const
    const result = {
      type: 'tool_result',
      toolUseId: 'a',
      content: [],
      isError: false,
      ...(place === 'result' && { cache }),
    } as const

    const { json, dropped } = encode(
      {
        tools: [tool],
        turns: [userTurn('go'), { role: 'assistant', blocks: [call] }, { role: 'user', blocks: [result] }],
      },
      'amazon.nova-pro-v1:0',
    )

    expect(JSON.stringify(json)).not.toContain('cachePoint')
    expect(dropped).toEqual(['cache_control'])
  })

  test('is dropped by name before a model that has no cache', () => {
    const { json, dropped } = encode(cached, 'meta.llama4-maverick-v1:0')

    expect(JSON.stringify(json)).not.toContain('cachePoint')
    expect(dropped).toEqual(['cache_control'])
  })
})

describe('a request', () => {
  test('tells Claude of thinking, effort and betas in its own words', () => {
    const { json } = encode(
      { reasoning: { type: 'budget', budgetTokens: 2_000, effort: 'high' }, sampling: { topK: 3 } },
      CLAUDE,
      ['interleaved-thinking-2025-05-14'],
    )

    expect(json.additionalModelRequestFields).toEqual({
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      output_config: { effort: 'high' },
      anthropic_beta: ['interleaved-thinking-2025-05-14'],
    })
  })

  test('to another model names what it has no way to say', () => {
    const { json, dropped } = encode(
      { reasoning: { type: 'adaptive' }, sampling: { topK: 3, temperature: 1.5 }, format: { type: 'json' } },
      'amazon.nova-pro-v1:0',
    )

    expect(json.additionalModelRequestFields).toBeUndefined()
    expect(json.inferenceConfig).toEqual({ temperature: 1.5 })
    expect(dropped).toEqual(['response_format', 'reasoning_effort', 'top_k'])
  })

  test('holds a model of another vendor to a schema, closed as Bedrock wants it', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] }
    const { json, dropped } = encode({ format: { type: 'json_schema', schema, name: 'count' } }, 'qwen.qwen3-32b-v1:0')

    expect(json.outputConfig.textFormat).toEqual({
      type: 'json_schema',
      structure: {
        jsonSchema: {
          name: 'count',
          schema:
            '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}',
        },
      },
    })
    expect(dropped).toEqual(['response_format.schema'])
  })

  test('that brings calls but offers no tools names those that were called', () => {
    const turns = [userTurn('go'), assistantTurn(call('c1', 'Read')), userTurn(result('c1', ''))]
    const { json } = encode({ turns })

    expect(json.toolConfig.tools).toEqual([{ toolSpec: { name: 'Read', inputSchema: { json: { type: 'object' } } } }])
    expect(json.messages[2].content).toEqual([{ toolResult: { toolUseId: 'c1', content: [{ text: '[no output]' }] } }])
  })

  test('keeps Claude’s signed thoughts and redacted ones, and forges none', () => {
    const signed = { type: 'thinking', text: 'hm', signature: 'EqQ=' } as const
    const turns = [
      userTurn('a'),
      assistantTurn(signed, { type: 'redacted_thinking', data: 'ZGF0YQ==' }, 'b'),
      userTurn('c'),
    ]

    expect(encode({ turns }).json.messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'EqQ=' } } },
      { reasoningContent: { redactedContent: 'ZGF0YQ==' } },
      { text: 'b' },
    ])
    const unsigned = [userTurn('a'), assistantTurn({ ...signed, signature: 'lynkr1.gemini.x' }, 'b'), userTurn('c')]
    expect(encode({ turns: unsigned }).dropped).toEqual(['thinking'])
  })
})

describe('a stream', () => {
  const START = event('messageStart', { role: 'assistant' })
  const text = (i: number, value: string) =>
    event('contentBlockDelta', { contentBlockIndex: i, delta: { text: value } })
  const stop = (i: number) => event('contentBlockStop', { contentBlockIndex: i })
  const END = event('messageStop', { stopReason: 'end_turn' })
  const USAGE = event('metadata', { usage: { inputTokens: 3, outputTokens: 2, cacheReadInputTokens: 5 } })

  test('of text that has no start of its own, then usage, is whole', () => {
    const answer = collect(decode(START, text(0, 'Hel'), text(0, 'lo'), stop(0), END, USAGE))

    expect(answer.blocks).toEqual([{ type: 'text', text: 'Hello' }])
    expect(answer.usage).toMatchObject({ inputTokens: 3, outputTokens: 2, cacheReadTokens: 5 })
  })

  test('tells what was written to the cache for an hour, which costs more', () => {
    const cacheDetails = [
      { ttl: '1h', inputTokens: 30 },
      { ttl: '5m', inputTokens: 12 },
    ]
    const usage = { inputTokens: 5, outputTokens: 1, cacheReadInputTokens: 7, cacheWriteInputTokens: 42, cacheDetails }

    const { usage: told } = collect(decode(START, END, event('metadata', { usage })))

    expect(told).toMatchObject({ inputTokens: 5, cacheReadTokens: 7, cacheWriteTokens: 42, cacheWrite1hTokens: 30 })
  })

  test('without its metadata is whole all the same, without its reason to stop it is not', () => {
    expect(decode(START, text(0, 'x'), stop(0), END).at(-1)).toMatchObject({ type: 'finish' })
    expect(decode(START, text(0, 'x'), stop(0)).at(-1)).toMatchObject({ type: 'error', kind: 'stream_interrupted' })
  })

  test.each([
    ['throttlingException', 'upstream_rate_limited'],
    ['validationException', 'upstream_rejected'],
    ['modelStreamErrorException', 'upstream_error'],
  ] as const)('that breaks off with %s ends in an error of its kind, without the account', (name, kind) => {
    const last = decode(START, event(name, { message: 'for 123456789012' })).at(-1)

    expect(last).toEqual({ type: 'error', kind, message: 'for [redacted]' })
  })

  test(
    'in any order is mended into a legal one',
    () => {
      const index = fc.nat(2)
      const any = fc.oneof(
        fc.constant(START),
        fc.tuple(index, fc.string()).map(([i, value]) => text(i, value)),
        index.map((i) =>
          event('contentBlockStart', { contentBlockIndex: i, start: { toolUse: { toolUseId: 't', name: 'n' } } }),
        ),
        fc
          .tuple(index, fc.string())
          .map(([i, input]) => event('contentBlockDelta', { contentBlockIndex: i, delta: { toolUse: { input } } })),
        fc
          .tuple(index, fc.string())
          .map(([i, signature]) =>
            event('contentBlockDelta', { contentBlockIndex: i, delta: { reasoningContent: { signature } } }),
          ),
        index.map(stop),
        fc.constantFrom(END, USAGE),
        fc.tuple(fc.string(), fc.dictionary(fc.string(), fc.jsonValue())).map(([name, data]) => event(name, data)),
      )
      fc.assert(
        fc.property(fc.array(any, { maxLength: 12 }), (events) => {
          const guard = openGuard(() => undefined)
          const grammar = openGrammar()
          for (const one of decode(...events).flatMap((e) => [...guard.push(e)])) expect(grammar.check(one)).toBeNull()
          expect(grammar.isEnded()).toBe(true)
        }),
        RUNS,
      )
    },
    LONG_MS,
  )
})

test.each([
  ['application/pdf', 'pdf'],
  ['application/msword', 'doc'],
  ['application/vnd.ms-excel', 'xls'],
])('a document of type %s has the format %s', (mediaType, format) => {
  const { json } = encode({
    turns: [userTurn({ type: 'document', source: { type: 'base64', mediaType, data: 'QQ==' } })],
  })

  expect(json.messages[0].content[0].document.format).toBe(format)
})

test('roles alternate where nothing is left of a turn between two of the same', () => {
  const unseen = { type: 'redacted_thinking', data: 'x' } as const
  const turns = [userTurn('go'), assistantTurn('one'), userTurn(unseen), assistantTurn(call('a')), userTurn(unseen)]

  const { json } = encode(requestOf({ turns }), 'meta.llama4-maverick-v1:0')

  checkConverse('', json)
  expect(json.messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', content: [{ text: 'one' }, { toolUse: { toolUseId: 'a' } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 'a' } }] },
  ])
})

test(
  'any request becomes one that Converse, played strictly, does not refuse',
  () => {
    fc.assert(
      fc.property(anyRequest('anthropic'), (request) => {
        // A choice of a tool that is not offered is the client's own mistake.
        const toolChoice = { type: 'auto' } as const
        const { json } = encode(
          { ...request, toolChoice, turns: [userTurn('go'), ...request.turns] },
          'qwen.qwen3-32b-v1:0',
        )
        checkConverse('qwen.qwen3-32b-v1:0', json)
      }),
      RUNS,
    )
  },
  LONG_MS,
)
