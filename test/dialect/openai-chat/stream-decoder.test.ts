import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { OutputBlock } from '../../../src/core/block.ts'
import { collect } from '../../../src/core/collect.ts'
import { STREAM_BLOCKS_MAX, TOOL_CALL_WAIT_CHARS_MAX } from '../../../src/core/limits.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { contextOf, decodeStream, delta, frame, RUNS, requestOf, tool, usageChunk } from './support.ts'

const DONE = '[DONE]'
const STOP = delta({}, 'stop')

function blocksOf(deltas: readonly Record<string, unknown>[], context = contextOf()): readonly OutputBlock[] {
  return collect(decodeStream([...deltas.map((one) => delta(one)), STOP, DONE], context)).blocks
}

function fragment(index: number | undefined, fn: Record<string, unknown>, id?: string) {
  return { tool_calls: [{ ...(index !== undefined && { index }), ...(id !== undefined && { id }), function: fn }] }
}

const read = { type: 'tool_use', id: 'call_a', name: 'Read', inputJson: '{"p":1}' } as const
const bash = { type: 'tool_use', id: 'call_b', name: 'Bash', inputJson: '{"c":[2]}' } as const

const TOOLS = contextOf(requestOf({ tools: [tool('Read'), tool('Bash'), tool('BashOutput')] }))

const CALL_SHAPES: Record<string, readonly Record<string, unknown>[]> = {
  'by the book': [
    fragment(0, { name: 'Read', arguments: '' }, 'call_a'),
    fragment(0, { arguments: '{"p"' }),
    fragment(0, { arguments: ':1}' }),
    fragment(1, { name: 'Bash', arguments: '' }, 'call_b'),
    fragment(1, { arguments: '{"c":[2]}' }),
  ],
  'interleaved by index': [
    fragment(0, { name: 'Read', arguments: '' }, 'call_a'),
    fragment(1, { name: 'Bash', arguments: '{"c"' }, 'call_b'),
    fragment(0, { arguments: '{"p"' }),
    fragment(1, { arguments: ':[2]}' }),
    fragment(0, { arguments: ':1}' }),
  ],
  'whole calls in one chunk, without index': [
    {
      tool_calls: [
        { id: 'call_a', function: { name: 'Read', arguments: '{"p":1}' } },
        { id: 'call_b', function: { name: 'Bash', arguments: '{"c":[2]}' } },
      ],
    },
  ],
  'all of index 0': [
    fragment(0, { name: 'Read', arguments: '{"p":1}' }, 'call_a'),
    fragment(0, { name: 'Bash', arguments: '{"c":[2]}' }, 'call_b'),
  ],
  'arguments as an object': [
    fragment(0, { name: 'Read', arguments: { p: 1 } }, 'call_a'),
    fragment(1, { name: 'Bash', arguments: { c: [2] } }, 'call_b'),
  ],
  'id and name repeated in every fragment': [
    fragment(0, { name: 'Read', arguments: '{"p"' }, 'call_a'),
    fragment(0, { name: 'Read', arguments: ':1}' }, 'call_a'),
    fragment(1, { name: 'Bash', arguments: '{"c":[' }, 'call_b'),
    fragment(1, { name: 'Bash', arguments: '2]}' }, 'call_b'),
  ],
  'id empty after the first, index missing': [
    fragment(undefined, { name: 'Read', arguments: '' }, 'call_a'),
    fragment(undefined, { name: '', arguments: '{"p"' }, ''),
    fragment(undefined, { arguments: ':1}' }, ''),
    fragment(undefined, { name: 'Bash', arguments: '' }, 'call_b'),
    fragment(undefined, { arguments: '{"c":[2]}' }, ''),
  ],
  'name split': [
    fragment(0, { name: 'Re', arguments: '' }, 'call_a'),
    fragment(0, { name: 'ad', arguments: '' }),
    fragment(0, { arguments: '{"p":1}' }),
    fragment(1, { name: 'Ba' }, 'call_b'),
    fragment(1, { name: 'sh', arguments: '{"c":[2]}' }),
  ],
}

describe('tool calls', () => {
  for (const [shape, deltas] of Object.entries(CALL_SHAPES)) {
    test(`two calls ${shape} are two blocks`, () => {
      expect(blocksOf(deltas, TOOLS)).toEqual([read, bash])
    })
  }

  test('calls without any id get distinct ones, the same each time', () => {
    const deltas = [
      { tool_calls: [{ function: { name: 'Read', arguments: '{}' } }] },
      fragment(undefined, { name: 'Bash', arguments: '{}' }),
    ]

    const ids = blocksOf(deltas, TOOLS).map((block) => block.type === 'tool_use' && block.id)

    expect(new Set(ids).size).toBe(2)
    expect(ids).toEqual(blocksOf(deltas, TOOLS).map((block) => block.type === 'tool_use' && block.id))
  })

  test('a call streams as soon as the one before it is complete, not at the end', () => {
    const decoder = openaiChatUpstream.openDecoder(TOOLS)
    decoder.push(frame(delta(fragment(0, { name: 'Read', arguments: '{"p":1}' }, 'call_a'))))

    const events = decoder.push(frame(delta(fragment(1, { name: 'Bash', arguments: '{"c"' }, 'call_b'))))

    expect(events.map((event) => event.type)).toEqual(['block_stop', 'block_start', 'block_delta'])
  })

  test('a call without arguments is shown at the end, with no input', () => {
    expect(blocksOf([fragment(0, { name: 'Read', arguments: '' }, 'call_a')])).toEqual([{ ...read, inputJson: '' }])
  })

  test('a call without a name fails the stream, for it cannot be run', () => {
    const events = decodeStream([delta(fragment(0, { arguments: '{}' }, 'x')), STOP, DONE])

    expect(events.at(-1)).toMatchObject({ type: 'error', kind: 'upstream_malformed' })
  })

  test('a legacy function_call is a call', () => {
    const blocks = blocksOf([
      { function_call: { name: 'Read', arguments: '{"p"' } },
      { function_call: { arguments: ':1}' } },
    ])

    expect(blocks).toMatchObject([{ type: 'tool_use', name: 'Read', inputJson: '{"p":1}' }])
  })

  test('a custom call is an object with its text as input, whatever the text', () => {
    const custom = (input: string, id?: string) => ({
      tool_calls: [{ index: 0, id, type: 'custom', custom: { name: 'Patch', input } }],
    })

    const [block] = blocksOf([custom('', 'c'), custom('a"\n'), custom('\ud83d'), custom('\ude00')])

    expect(block?.type === 'tool_use' && JSON.parse(block.inputJson)).toEqual({ input: 'a"\n😀' })
  })

  test('an id that other dialects refuse is mapped, and a repeated one replaced', () => {
    const blocks = blocksOf([
      fragment(0, { name: 'Read', arguments: '{}' }, 'functions.Read:0'),
      fragment(1, { name: 'Read', arguments: '{}' }, 'functions.Read:0'),
    ])

    for (const block of blocks) expect(block.type === 'tool_use' && block.id).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(blocks).toHaveLength(2)
  })

  test('a shortened name comes back as the client knows it', () => {
    const name = `mcp__${'x'.repeat(90)}`
    const context = contextOf(requestOf({ tools: [tool(name)] }))
    const sent = openaiChatUpstream.encodeRequest(context.request, context.profile).json as {
      tools: { function: { name: string } }[]
    }
    const wireName = sent.tools[0]?.function.name ?? ''

    expect(wireName.length).toBeLessThanOrEqual(64)
    expect(blocksOf([fragment(0, { name: wireName, arguments: '{}' }, 'c')], context)).toMatchObject([{ name }])
  })

  test('more blocks than the limit fail the stream', () => {
    const many = Array.from({ length: STREAM_BLOCKS_MAX + 1 }, (_, i) =>
      delta(fragment(i, { name: 'Read', arguments: '{}' }, `c${i}`)),
    )

    expect(decodeStream(many).at(-1)).toMatchObject({ type: 'error', kind: 'upstream_malformed' })
  })

  test('more waiting text than the limit fails the stream', () => {
    const half = 'x'.repeat(TOOL_CALL_WAIT_CHARS_MAX / 2)
    const waiting = [
      fragment(0, { name: 'Read', arguments: '{' }, 'a'),
      fragment(1, { name: 'Bash', arguments: half }, 'b'),
    ]

    const atLimit = decodeStream([...[...waiting, fragment(1, { arguments: half })].map((one) => delta(one)), STOP])
    const above = decodeStream([...[...waiting, fragment(1, { arguments: `${half}x` })].map((one) => delta(one)), STOP])

    expect(atLimit.at(-1)?.type).toBe('finish')
    expect(above.at(-1)).toMatchObject({ type: 'error', kind: 'upstream_malformed' })
  })
})

describe('any order of fragments', () => {
  test('calls come out whole and in order of appearance, whatever the interleaving, and the stream is grammatical', () => {
    const argument = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    const callOf = fc.record({ input: argument, cuts: fc.array(fc.nat(40), { maxLength: 4 }) })

    fc.assert(
      fc.property(fc.array(callOf, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat(10)), (calls, picks) => {
        const lanes = calls.map(({ input, cuts }, index) => {
          const pieces = cutText(JSON.stringify(input), cuts)
          return [
            fragment(index, { name: `T${index}`, arguments: '' }, `id${index}`),
            ...pieces.map((piece) => fragment(index, { arguments: piece })),
          ]
        })
        const order: number[] = []
        const merged: Record<string, unknown>[] = []
        while (lanes.some((lane) => lane.length > 0)) {
          const ready = lanes.flatMap((lane, i) => (lane.length > 0 ? [i] : []))
          const pick = ready[picks.next().value % ready.length] ?? 0
          if (!order.includes(pick)) order.push(pick)
          merged.push(lanes[pick]?.shift() ?? {})
        }

        const blocks = blocksOf(merged)

        expect(blocks).toEqual(
          order.map((i) => ({
            type: 'tool_use',
            id: `id${i}`,
            name: `T${i}`,
            inputJson: JSON.stringify(calls[i]?.input),
          })),
        )
      }),
      { numRuns: RUNS },
    )
  })

  test('every mixture of deltas is grammatical, ends, and loses no character', () => {
    const piece = fc.string({ minLength: 1, maxLength: 4 })
    const anyDelta = fc.oneof(
      piece.map((text) => ({ content: text })),
      piece.map((text) => ({ reasoning_content: text })),
      piece.map((text) => ({ refusal: text })),
      fc
        .tuple(fc.nat(2), piece)
        .map(([index, text]) => fragment(index, { name: `T${index}`, arguments: text }, `id${index}`)),
    )

    fc.assert(
      fc.property(fc.array(anyDelta, { maxLength: 12 }), (deltas) => {
        const events = decodeStream([...deltas.map((one) => delta(one)), STOP, DONE])

        const texts = events.flatMap((event) =>
          event.type === 'block_delta' && event.delta.type === 'text' ? [event.delta.text] : [],
        )
        expect(texts.join('')).toBe(deltas.map((one) => ('content' in one ? one.content : '')).join(''))
        expect(events.at(-1)?.type).toBe('finish')
      }),
      { numRuns: RUNS },
    )
  })

  test('every split of the bytes gives the same events', () => {
    const chunks = [
      delta({ role: 'assistant', content: '' }),
      ...(CALL_SHAPES['interleaved by index'] ?? []).map((one) => delta(one)),
      delta({ content: 'ü😀' }),
      STOP,
      usageChunk({ prompt_tokens: 3, completion_tokens: 2 }),
    ]
    const bytes = new TextEncoder().encode(
      `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
    )
    const whole = decodeStream([...chunks, DONE], TOOLS)

    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const framer = openSseFramer()
        const decoder = openaiChatUpstream.openDecoder(TOOLS)
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
        let from = 0
        const events = ends.flatMap((end) => {
          const part = bytes.slice(from, end)
          from = end
          return framer.push(part).frames.flatMap((one) => decoder.push(one))
        })

        expect([...events, ...decoder.end()]).toEqual(whole)
      }),
      { numRuns: RUNS },
    )
  })

  test('no bytes whatever make the decoder throw or break the grammar', () => {
    const anyChunk = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({
        choices: fc.array(fc.record({ delta: fc.jsonValue(), finish_reason: fc.jsonValue() }), { maxLength: 2 }),
        usage: fc.jsonValue(),
      }),
      fc.record({
        choices: fc.constant([{ index: 0, delta: { tool_calls: [null, 3, { function: 1 }, { index: 'x' }] } }]),
      }),
    )

    fc.assert(
      fc.property(fc.array(anyChunk, { maxLength: 6 }), (chunks) => void decodeStream(chunks)),
      { numRuns: RUNS },
    )
  })
})

describe('reasoning', () => {
  const thinking = (text: string, signature = '') => ({ type: 'thinking', text, signature }) as const

  const SHAPES: Record<string, [readonly Record<string, unknown>[], OutputBlock]> = {
    'DeepSeek, Kimi, GLM, llama.cpp': [
      [{ reasoning_content: 'a' }, { reasoning_content: 'b', content: null }],
      thinking('ab'),
    ],
    'vLLM, Ollama': [[{ reasoning: 'ab', content: '' }], thinking('ab')],
    'OpenRouter, which says all three': [
      [
        { reasoning: 'ab', reasoning_content: 'ab', reasoning_details: [{ type: 'reasoning.text', text: 'ab' }] },
        { reasoning_details: [{ type: 'reasoning.text', signature: 'sig' }] },
      ],
      thinking('ab', 'sig'),
    ],
    'OpenRouter summaries': [[{ reasoning_details: [{ type: 'reasoning.summary', summary: 'ab' }] }], thinking('ab')],
    'Databricks, content as a list': [
      [
        { content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'ab' }] }] },
        { content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: '', signature: 'sig' }] }] },
      ],
      thinking('ab', 'sig'),
    ],
  }

  for (const [server, [deltas, block]] of Object.entries(SHAPES)) {
    test(`${server}: thinking, then text`, () => {
      expect(blocksOf([...deltas, { content: 'hi' }])).toEqual([block, { type: 'text', text: 'hi' }])
    })
  }

  test('encrypted reasoning is redacted thinking that holds all of it', () => {
    const detail = { type: 'reasoning.encrypted', id: 'r1', format: 'f', data: 'xyz' }

    expect(blocksOf([{ reasoning_details: [detail] }])).toEqual([
      { type: 'redacted_thinking', data: JSON.stringify(detail) },
    ])
  })

  test('inline tags are thinking where the quirk says so, however they are cut', () => {
    const text = '\n<think>a<b</think>\n\nhi <think>'
    const context = contextOf(requestOf(), { inlineThinking: true })

    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        expect(
          blocksOf(
            cutText(text, cuts).map((content) => ({ content })),
            context,
          ),
        ).toEqual([thinking('a<b'), { type: 'text', text: 'hi <think>' }])
      }),
      { numRuns: RUNS },
    )
    expect(blocksOf([{ content: text }])).toEqual([{ type: 'text', text }])
  })
})

describe('the end', () => {
  const cases: [string, readonly unknown[], unknown][] = [
    ['stop', [delta({ content: 'a' }, 'stop'), DONE], { kind: 'end_turn' }],
    ['length', [delta({ content: 'a' }, 'length'), DONE], { kind: 'max_tokens' }],
    ['content_filter', [delta({ content: 'a' }, 'content_filter'), DONE], { kind: 'refusal' }],
    [
      'stop beside a call',
      [delta(fragment(0, { name: 'T', arguments: '{}' }, 'c'), 'stop'), DONE],
      { kind: 'tool_use' },
    ],
    ['tool_calls without a call', [delta({ content: 'a' }, 'tool_calls'), DONE], { kind: 'end_turn' }],
    ['refusal text', [delta({ refusal: 'no' }, 'stop'), DONE], { kind: 'refusal' }],
    ['no reason before [DONE]', [delta({ content: 'a' }), DONE], { kind: 'end_turn' }],
    ['no [DONE]', [delta({ content: 'a' }, 'stop')], { kind: 'end_turn' }],
    [
      'an unknown reason',
      [delta({ content: 'a' }, 'eos'), DONE],
      { kind: 'unknown', dialect: 'openai-chat', reason: 'eos' },
    ],
    [
      'a stop sequence that the server names',
      [{ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop', stop_reason: '##' }] }, DONE],
      { kind: 'stop_sequence', sequence: '##' },
    ],
  ]
  for (const [name, chunks, reason] of cases) {
    test(`${name} finishes as ${JSON.stringify(reason)}`, () => {
      expect(decodeStream(chunks).at(-1)).toEqual({ type: 'finish', reason } as never)
    })
  }

  test('a body that ends without a finish reason is an error', () => {
    expect(decodeStream([delta({ content: 'a' })]).at(-1)).toMatchObject({ type: 'error', kind: 'stream_interrupted' })
    expect(decodeStream([]).at(-1)).toMatchObject({ type: 'error', kind: 'stream_interrupted' })
    expect(decodeStream([DONE]).at(-1)).toMatchObject({ type: 'error', kind: 'stream_interrupted' })
  })

  test('a later report of usage takes nothing back of what an earlier one told', () => {
    const told = { ...delta({ content: 'a' }), usage: { prompt_tokens: 10, completion_tokens: 4 } }

    const events = decodeStream([told, delta({}, 'stop'), usageChunk({ prompt_tokens: 0, completion_tokens: 0 })])

    const usage = events.findLast((event) => event.type === 'usage')
    expect(usage).toMatchObject({ usage: { inputTokens: 10, outputTokens: 4 } })
  })

  test('the usage chunk finishes the stream without waiting for [DONE]', () => {
    const decoder = openaiChatUpstream.openDecoder(contextOf())
    decoder.push(frame(delta({ content: 'a' }, 'stop')))

    const events = decoder.push(frame(usageChunk({ prompt_tokens: 1, completion_tokens: 1 })))

    expect(events.map((event) => event.type)).toEqual(['usage', 'block_stop', 'finish'])
    expect(decoder.push(frame(DONE))).toEqual([])
    expect(decoder.end()).toEqual([])
  })

  test('an error object in the stream is an error event of its kind', () => {
    const of = (error: unknown) => decodeStream([delta({ content: 'a' }), { error }]).at(-1)

    expect(of({ message: 'slow down', code: 429 })).toEqual({
      type: 'error',
      kind: 'upstream_rate_limited',
      message: 'slow down',
    })
    expect(of({ message: 'boom' })).toMatchObject({ kind: 'upstream_error' })
    expect(of('plain')).toMatchObject({ kind: 'upstream_error', message: 'plain' })
    expect(decodeStream([delta({ content: 'a' }, 'error'), DONE]).at(-1)).toMatchObject({
      type: 'error',
      kind: 'upstream_error',
    })
  })

  test('an error in a choice, as OpenRouter tells one, ends the answer, streamed or whole', () => {
    const choice = { index: 0, finish_reason: 'error', error: { code: 429, message: 'slow down' } }
    const told = { kind: 'upstream_rate_limited', message: 'slow down' }

    const events = decodeStream([delta({ content: 'a' }), { choices: [{ ...choice, delta: {} }] }, DONE])
    const whole = () =>
      openaiChatUpstream.decodeResponse({ choices: [{ ...choice, message: { content: 'a' } }] }, contextOf())

    expect(events.at(-1)).toMatchObject({ type: 'error', ...told })
    expect(whole).toThrow(expect.objectContaining(told))
  })

  test("Azure's filter chunk and keep-alive chunks are not the start", () => {
    const events = decodeStream([
      { id: '', model: '', choices: [], prompt_filter_results: [] },
      delta({ content: 'a' }, 'stop'),
      DONE,
    ])

    expect(events[0]).toMatchObject({ type: 'start', id: 'chatcmpl-1', model: 'model-used' })
  })
})

function cutText(text: string, cuts: readonly number[]): string[] {
  const ends = [...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end))
}
