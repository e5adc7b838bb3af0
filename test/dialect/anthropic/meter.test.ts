import { describe, expect, test } from 'bun:test'
import type { Frame } from '../../../src/core/dialect.ts'
import { openMeter } from '../../../src/dialect/anthropic/meter.ts'
import { decodeResponse, encodeResponse } from '../../../src/dialect/anthropic/response.ts'
import { contextOf } from '../openai-chat/support.ts'

const utf8 = new TextEncoder()

function frame(json: Record<string, unknown>, event = String(json.type)): Frame {
  return { event, data: utf8.encode(JSON.stringify(json)) }
}

const usage = { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 1 }
const start = { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-5-5', usage } }
const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } }
const last = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } }

describe('the meter', () => {
  const stream: [json: Record<string, unknown>, meaning: string][] = [
    [start, 'prelude'],
    [{ type: 'ping' }, 'prelude'],
    [{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, 'content'],
    [delta, 'content'],
    [{ type: 'content_block_stop', index: 0 }, 'pause'],
    [{ type: 'message_delta', delta: { stop_reason: null }, usage: {} }, 'prelude'],
    [last, 'finish'],
    [{ type: 'message_delta', delta: {}, usage: { output_tokens: 43 } }, 'finish'],
    [{ type: 'message_stop' }, 'end'],
    [{ type: 'error', error: { type: 'api_error', message: 'no' } }, 'error'],
    [{ type: 'something_new' }, 'prelude'],
  ]

  for (const naming of ['by event name', 'without event names', 'with the default event name'] as const) {
    test(`tells what frames mean ${naming}`, () => {
      const meter = openMeter()
      const event = { 'by event name': undefined, 'without event names': '', 'with the default event name': 'message' }

      const meanings = stream.map(([json]) => meter.push(frame(json, event[naming])))

      expect(meanings).toEqual(stream.map(([, meaning]) => meaning) as typeof meanings)
    })
  }

  test('finds the type wherever it stands', () => {
    const meter = openMeter()
    const data = utf8.encode(
      `{"index":0,"delta":{"type":"text_delta","text":"${'x'.repeat(100)}"},"type":"content_block_delta"}`,
    )

    expect(meter.push({ event: '', data })).toBe('content')
  })

  test.each([
    [
      { web_search_requests: 2, web_fetch_requests: 9 },
      { rates: [], webSearches: 2, fileSearches: 0, mediaTokens: 0, toldMicroUsd: null, others: [] },
    ],
    [
      { web_search_requests: 2.9 },
      { rates: [], webSearches: 2, fileSearches: 0, mediaTokens: 0, toldMicroUsd: null, others: [] },
    ],
    [{ web_search_requests: -1 }, undefined],
    [{ web_search_requests: 1e9 }, undefined],
    [null, undefined],
  ])('counts the searches that are billed beside the tokens, each once: %p', (server_tool_use, extras) => {
    const meter = openMeter()

    meter.push(frame(start))
    meter.push(frame({ ...last, usage: { output_tokens: 42, server_tool_use } }))
    meter.push(frame({ ...last, usage: { output_tokens: 42, server_tool_use } }))

    expect(meter.usage()?.extras).toEqual(extras)
  })

  test('reads the speed and the place that have a price of their own, the last that is told of each', () => {
    const meter = openMeter()

    meter.push(
      frame({ ...start, message: { ...start.message, usage: { ...usage, speed: 'fast', inference_geo: 'us' } } }),
    )
    expect(meter.usage()?.extras?.rates).toEqual(['fast', 'us'])
    meter.push(frame({ ...last, usage: { output_tokens: 42, speed: 'standard', inference_geo: null } }))
    expect(meter.usage()?.extras?.rates).toEqual(['us'])
    meter.push(frame({ ...last, usage: { output_tokens: 42, service_tier: 'priority', inference_geo: 'global' } }))
    expect(meter.usage()?.extras).toBeUndefined()
  })

  test('reads the model and usage, input from the start, output from the end', () => {
    const meter = openMeter()

    meter.push(frame(start))
    meter.push(frame(last))

    expect(meter.model()).toBe('claude-sonnet-5-5')
    expect(meter.usage()).toEqual({
      inputTokens: 10,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      cacheWrite1hTokens: 0,
      outputTokens: 42,
      reasoningTokens: 0,
    })
  })

  test('counts what a compaction and an advisor used, which the totals leave out', () => {
    const meter = openMeter()
    const cacheCreation = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 30 }
    const iterations = [
      { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500, cache_read_input_tokens: 70 },
      { type: 'message', input_tokens: 23_000, output_tokens: 1_000 },
      { type: 'advisor_message', input_tokens: 800, cache_creation_input_tokens: 30, cache_creation: cacheCreation },
    ]

    meter.push(frame({ type: 'message_start', message: { usage: { input_tokens: 23_000, output_tokens: 1 } } }))
    meter.push(frame({ ...last, usage: { input_tokens: 23_000, output_tokens: 1_000, iterations } }))

    expect(meter.usage()).toEqual({
      inputTokens: 203_800,
      cacheReadTokens: 70,
      cacheWriteTokens: 30,
      cacheWrite1hTokens: 30,
      outputTokens: 4_500,
      reasoningTokens: 0,
    })
  })

  test('names the model that goes on in place of one that would not answer', () => {
    const meter = openMeter()
    const to = { model: 'claude-opus-4-8' }
    const fallback = { type: 'fallback', from: { model: 'claude-sonnet-5-5' }, to }

    meter.push(frame(start))
    meter.push(frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '"fallback"' } }))
    expect(meter.model()).toBe('claude-sonnet-5-5')
    meter.push(frame({ type: 'content_block_start', index: 1, content_block: fallback }))

    expect(meter.model()).toBe('claude-opus-4-8')
  })

  test('tells what an advisor used by its model, and keeps it where a later report leaves it out', () => {
    const meter = openMeter()
    const advice = { type: 'advisor_message', model: 'claude-opus-5-5', input_tokens: 800, output_tokens: 40 }

    meter.push(frame(start))
    meter.push(frame({ ...last, usage: { output_tokens: 42, iterations: [{ type: 'message' }, advice] } }))
    meter.push(frame({ ...last, usage: { output_tokens: 42, iterations: [] } }))

    expect(meter.usage()).toMatchObject({ inputTokens: 810, outputTokens: 82 })
    expect(meter.usage()?.extras?.others).toMatchObject([
      { model: 'claude-opus-5-5', usage: { inputTokens: 800, outputTokens: 40 } },
    ])
  })

  test('leaves them apart from the totals where the answer is written again', () => {
    const iterations = [{ type: 'compaction', input_tokens: 180_000, output_tokens: 3_500 }]
    const told = { ...usage, output_tokens: 42, iterations }
    const message = { type: 'message', id: 'msg_1', model: 'm', content: [], stop_reason: 'end_turn', usage: told }
    const { request } = contextOf()

    const again = encodeResponse(decodeResponse(message), { requestId: 'req', wallMs: 0, request })

    expect(again.usage).toEqual(told)
  })

  test('counts iterations that the totals hold already once', () => {
    const meter = openMeter()
    const iterations = [
      { type: 'message', input_tokens: 10, cache_read_input_tokens: 50, output_tokens: 20 },
      {
        type: 'message',
        input_tokens: 0,
        cache_read_input_tokens: 50,
        cache_creation_input_tokens: 20,
        output_tokens: 22,
      },
    ]

    meter.push(frame({ type: 'message_start', message: { usage } }))
    meter.push(frame({ ...last, usage: { ...usage, output_tokens: 42, iterations } }))

    expect(meter.usage()).toMatchObject({
      inputTokens: 10,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      outputTokens: 42,
    })
  })

  test('knows no usage until the upstream tells one', () => {
    const meter = openMeter()

    meter.push(frame({ type: 'message_start', message: { usage: { input_tokens: 0, output_tokens: 0 } } }))

    expect(meter.usage()).toBeNull()
  })

  test('estimates the answer by its bytes, without the frame around them', () => {
    const meter = openMeter()

    meter.push(frame(delta))

    expect(meter.contentBytes()).toBe(5)
  })

  test('keeps the error as the upstream put it', () => {
    const meter = openMeter()
    const json = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

    meter.push(frame(json))

    expect(meter.error()).toMatchObject({ kind: 'upstream_error', message: 'Overloaded' })
    expect(meter.error()?.detail.upstream?.status).toBe(529)
    expect(JSON.parse(new TextDecoder().decode(meter.error()?.detail.upstream?.body))).toEqual(json)
  })

  test('closes only a stream whose answer was complete', () => {
    const meter = openMeter()

    meter.push(frame(start))
    const before = meter.closing()
    meter.push(frame(last))
    const after = meter.closing()
    meter.push(frame({ type: 'message_stop' }))

    expect(before).toBeNull()
    expect(after).toBe('event: message_stop\ndata: {"type":"message_stop"}\n\n')
    expect(meter.closing()).toBe('')
  })

  const hostile = ['', 'null', '[]', '7', '{', '"x"', '{"message":7}', '{"message":{"usage":[]}}', '{"delta":null}']
  test('survives garbage in any frame', () => {
    for (const event of ['message_start', 'message_delta', 'error', '', 'content_block_delta']) {
      for (const data of hostile) {
        const meter = openMeter()
        meter.push({ event, data: utf8.encode(data) })
        expect(meter.usage()).toBeNull()
      }
    }
  })
})
