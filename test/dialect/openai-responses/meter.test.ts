import { describe, expect, test } from 'bun:test'
import { ProxyError } from '../../../src/core/errors.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { frame } from './support.ts'
import { wireEvents } from './wire-grammar.ts'

const response = { id: 'resp_1', model: 'gpt-5.5' }
const usage = { input_tokens: 10, output_tokens: 3 }
const text = { type: 'response.output_text.delta', sequence_number: 1, delta: 'x'.repeat(500) }

describe('the meter of a Responses stream', () => {
  test('tells prelude, content and end, and reads usage and model', () => {
    const meter = openaiResponsesUpstream.openMeter()

    const meanings = [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
      { type: 'response.output_item.added', item: {} },
      text,
      { type: 'response.completed', response: { ...response, usage } },
    ].map((event) => meter.push(frame(event)))

    expect(meanings).toEqual(['prelude', 'prelude', 'content', 'content', 'end'])
    expect(meter.usage()).toMatchObject({ inputTokens: 10, outputTokens: 3 })
    expect(meter.model()).toBe('gpt-5.5')
    expect(meter.contentBytes()).toBeGreaterThan(300)
    expect(meter.closing()).toBe('')
  })

  test('counts the searches that are billed beside the tokens, and no pages that were only opened', () => {
    const meter = openaiResponsesUpstream.openMeter()
    const output = [
      { type: 'web_search_call', action: { type: 'search', query: 'a' } },
      { type: 'web_search_call', action: { type: 'open_page' } },
      { type: 'web_search_call' },
      { type: 'file_search_call' },
      { type: 'message', content: [] },
      null,
    ]

    meter.push(
      frame({ type: 'response.completed', response: { ...response, usage, output, service_tier: 'priority' } }),
    )

    expect(meter.usage()?.extras).toEqual({
      rates: ['priority'],
      webSearches: 2,
      fileSearches: 1,
      mediaTokens: 0,
      toldMicroUsd: null,
      others: [],
    })
  })

  test('takes the count of searches from where the server tells those that it bills', () => {
    const output = [{ type: 'web_search_call' }, { type: 'web_search_call' }]
    const searches = (tool_usage: unknown) =>
      openaiResponsesUpstream.meterResponse({ ...response, usage, output, tool_usage }).usage?.extras?.webSearches ?? 0

    expect(searches({ web_search: { num_requests: 1 } })).toBe(1)
    expect(searches({ web_search: { num_requests: 0 } })).toBe(0)
    for (const unknown of [null, { web_search: null }, {}]) expect(searches(unknown)).toBe(2)
  })

  test('counts what a model of pictures used, which the totals leave out, by its name', () => {
    const tools = [{ type: 'function' }, { type: 'image_generation', model: 'gpt-image-2' }]
    const details = { output_tokens_details: { image_tokens: 900, text_tokens: 100 } }
    const image_gen = { input_tokens: 50, output_tokens: 1_000, total_tokens: 1_050, cached_tokens: 20, ...details }
    const told = { ...response, usage, output: [], tools, tool_usage: { image_gen } }

    const met = openaiResponsesUpstream.meterResponse(told).usage

    const made = { inputTokens: 30, cacheReadTokens: 20, outputTokens: 1_000 }
    expect(met).toMatchObject({ inputTokens: 40, cacheReadTokens: 20, outputTokens: 1_003 })
    expect(met?.extras?.others).toMatchObject([{ model: 'gpt-image-2', usage: made, mediaTokens: 900 }])
    expect(openaiResponsesUpstream.meterResponse({ ...told, tools: [] }).usage).toMatchObject({ outputTokens: 1_003 })
  })

  test('charges an incomplete answer, and knows a failed one', () => {
    const incomplete = openaiResponsesUpstream.openMeter()
    const failed = openaiResponsesUpstream.openMeter()
    const error = { code: 'rate_limit_exceeded', message: 'slow down' }

    expect(incomplete.push(frame({ type: 'response.incomplete', response: { ...response, usage } }))).toBe('end')
    expect(failed.push(frame({ type: 'response.failed', response: { ...response, usage, error } }))).toBe('error')

    expect(incomplete.usage()).toMatchObject({ outputTokens: 3 })
    expect(failed.usage()).toMatchObject({ outputTokens: 3 })
    expect(failed.error()?.kind).toBe('upstream_rate_limited')
  })

  test('ends a cut stream under its own id, as its next event', () => {
    const meter = openaiResponsesUpstream.openMeter()
    meter.push(frame({ type: 'response.created', response }))
    meter.push(frame(text))

    const wire = meter.failing?.(new ProxyError('stream_interrupted', 'cut'), 'req_1') ?? ''

    expect(meter.closing()).toBeNull()
    expect(wireEvents(wire)).toMatchObject([
      { type: 'response.failed', sequence_number: 2, response: { id: 'resp_1', status: 'failed' } },
    ])
  })

  test('calls an end that is no JSON an error', () => {
    const meter = openaiResponsesUpstream.openMeter()

    expect(meter.push({ event: 'response.completed', data: new TextEncoder().encode('{') })).toBe('error')
    expect(meter.error()?.kind).toBe('upstream_malformed')
  })

  test('reads usage and model of a whole answer, and refuses what is none', () => {
    expect(openaiResponsesUpstream.meterResponse({ ...response, output: [], usage })).toMatchObject({
      model: 'gpt-5.5',
      usage: { inputTokens: 10 },
    })
    expect(() => openaiResponsesUpstream.meterResponse({ ...response })).toThrow(ProxyError)
  })
})
