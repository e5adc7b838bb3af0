import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { OutputBlock } from '../../../src/core/block.ts'
import { collect } from '../../../src/core/collect.ts'
import { ProxyError } from '../../../src/core/errors.ts'
import { replay } from '../../../src/core/replay.ts'
import type { ChatResponse } from '../../../src/core/response.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { contextOf, decodeStream, RUNS, requestOf } from './support.ts'

const usage = {
  inputTokens: 40,
  cacheReadTokens: 60,
  cacheWriteTokens: 10,
  cacheWrite1hTokens: 0,
  outputTokens: 20,
  reasoningTokens: 5,
}

function responseOf(members: Partial<ChatResponse> = {}): ChatResponse {
  return {
    id: 'x',
    model: 'm',
    blocks: [{ type: 'text', text: 'hi' }],
    reason: { kind: 'end_turn' },
    usage,
    ...members,
  }
}

function optionsOf(wantsStreamUsage: boolean) {
  return { requestId: 'req_1', wallMs: 5_000, request: requestOf({ wantsStreamUsage }) }
}

function encodeStream(response: ChatResponse, wantsStreamUsage = true): string {
  const encoder = openaiChatSurface.openEncoder(optionsOf(wantsStreamUsage))
  return replay(response)
    .map((event) => encoder.push(event))
    .join('')
}

function dataOf(wire: string): string[] {
  const { frames } = openSseFramer().push(new TextEncoder().encode(wire))
  return frames.map(({ data }) => new TextDecoder().decode(data))
}

function chunk(delta: object, finishReason: string | null = null) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
  return { id: 'x', object: 'chat.completion.chunk', created: 5, model: 'm', choices, usage: null }
}

describe('a stream for a chat client', () => {
  test('has the role, the deltas, the reason, the usage, the end', () => {
    const chunks = dataOf(encodeStream(responseOf()))

    expect(chunks.at(-1)).toBe('[DONE]')
    expect(chunks.slice(0, -1).map((one) => JSON.parse(one))).toEqual([
      chunk({ role: 'assistant', content: '', refusal: null }),
      chunk({ content: 'hi' }),
      chunk({}, 'stop'),
      {
        ...chunk({}),
        choices: [],
        usage: {
          prompt_tokens: 110,
          completion_tokens: 20,
          total_tokens: 130,
          prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
          completion_tokens_details: { reasoning_tokens: 5 },
        },
      },
    ])
  })

  test('says nothing of usage unless asked', () => {
    expect(encodeStream(responseOf(), false)).not.toContain('usage')
  })

  test('ends in an error without [DONE], so that it is not taken for complete', () => {
    const wire = openaiChatSurface
      .openEncoder(optionsOf(true))
      .push({ type: 'error', kind: 'stream_interrupted', message: 'cut' })

    const error = { message: 'cut', type: 'server_error', param: null, code: 'stream_interrupted' }
    expect(dataOf(wire).map((one) => JSON.parse(one))).toEqual([{ error }])
    expect(openaiChatSurface.encodeErrorEvent(new ProxyError('stream_interrupted', 'cut'), 'req_1')).toBe(wire)
  })

  test('is kept alive by a comment, which no reader takes for a chunk', () => {
    expect(dataOf(openaiChatSurface.ping)).toEqual([])
  })

  const REASONS = [
    [{ kind: 'stop_sequence', sequence: 'x' }, 'stop'],
    [{ kind: 'pause_turn' }, 'stop'],
    [{ kind: 'max_tokens' }, 'length'],
    [{ kind: 'context_exceeded' }, 'length'],
    [{ kind: 'tool_use' }, 'tool_calls'],
    [{ kind: 'refusal' }, 'content_filter'],
    [{ kind: 'unknown', dialect: 'anthropic', reason: 'compaction' }, 'stop'],
    [{ kind: 'unknown', dialect: 'openai-chat', reason: 'eos' }, 'eos'],
  ] as const
  for (const [reason, wire] of REASONS) {
    test(`${JSON.stringify(reason)} is finish_reason ${wire}, streamed or whole`, () => {
      const whole = openaiChatSurface.encodeResponse(responseOf({ reason }), optionsOf(true))

      expect(whole).toMatchObject({ created: 5, choices: [{ finish_reason: wire }] })
      expect(encodeStream(responseOf({ reason }))).toContain(`"finish_reason":"${wire}"`)
    })
  }
})

test('a call without an argument has an empty one, streamed or whole, for clients parse it', () => {
  const called = responseOf({
    blocks: [{ type: 'tool_use', id: 'c', name: 'now', inputJson: '' }],
    reason: { kind: 'tool_use' },
  })
  const pieces = dataOf(encodeStream(called))
    .filter((one) => one.startsWith('{'))
    .flatMap((one) => JSON.parse(one).choices[0]?.delta.tool_calls ?? [])

  expect(pieces.map((piece) => piece.function.arguments).join('')).toBe('{}')
  expect(openaiChatSurface.encodeResponse(called, optionsOf(true))).toMatchObject({
    choices: [{ message: { tool_calls: [{ function: { name: 'now', arguments: '{}' } }] } }],
  })
})

test('a refusal in words is an answer that stopped, streamed or whole, for libraries throw at one that was filtered', () => {
  const refused = responseOf({ blocks: [{ type: 'refusal', text: 'I cannot.' }], reason: { kind: 'refusal' } })

  expect(openaiChatSurface.encodeResponse(refused, optionsOf(true))).toMatchObject({
    choices: [{ message: { refusal: 'I cannot.' }, finish_reason: 'stop' }],
  })
  expect(encodeStream(refused)).toContain('"finish_reason":"stop"')
})

describe('what a response says survives the wire', () => {
  const word = fc.string({ minLength: 1, maxLength: 8 })
  const prose: fc.Arbitrary<OutputBlock[]> = fc
    .tuple(fc.option(word), fc.constantFrom('', 'sig'), fc.option(word), fc.option(word))
    .map(([thinking, signature, redacted, text]) => [
      ...(thinking === null ? [] : [{ type: 'thinking', text: thinking, signature } as const]),
      ...(redacted === null ? [] : [{ type: 'redacted_thinking', data: redacted } as const]),
      ...(text === null ? [] : [{ type: 'text', text } as const]),
    ])
  const calls: fc.Arbitrary<OutputBlock[]> = fc
    .array(fc.record({ input: word, isCustom: fc.boolean() }), { maxLength: 3 })
    .map((list) =>
      list.map(({ input, isCustom }, i) => ({
        type: 'tool_use',
        id: `call_${i}`,
        name: 'T',
        inputJson: JSON.stringify({ input }),
        ...(isCustom && { opaque: { dialect: 'openai-chat', members: { type: 'custom' } } as const }),
      })),
    )
  const response = fc
    .tuple(prose, calls)
    .map(([said, called]) =>
      responseOf({ blocks: [...said, ...called], reason: { kind: called.length > 0 ? 'tool_use' : 'end_turn' } }),
    )

  test('streamed', () => {
    fc.assert(
      fc.property(response, (one) => {
        const { opaque: _, ...back } = collect(decodeStream(dataOf(encodeStream(one))))

        if (one.blocks.length > 0) expect(back).toEqual(one)
      }),
      { numRuns: RUNS },
    )
  })

  test('whole', () => {
    fc.assert(
      fc.property(response, (one) => {
        const json = JSON.parse(JSON.stringify(openaiChatSurface.encodeResponse(one, optionsOf(true))))
        const { opaque: _, ...back } = openaiChatUpstream.decodeResponse(json, contextOf())

        expect(back).toEqual(one)
      }),
      { numRuns: RUNS },
    )
  })
})
