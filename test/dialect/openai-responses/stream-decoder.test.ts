import { describe, expect, test } from 'bun:test'
import { collect } from '../../../src/core/collect.ts'
import { tryUnseal } from '../../../src/core/sealed.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { contextOf, decodeEvents, frame } from './support.ts'

type Json = Readonly<Record<string, unknown>>

const created = { type: 'response.created', response: { id: 'resp_1', model: 'gpt-5.5', status: 'in_progress' } }
const completed = (members: Json = {}) => ({
  type: 'response.completed',
  response: { id: 'resp_1', model: 'gpt-5.5', status: 'completed', output: [], ...members },
})
const added = (index: number, item: Json) => ({ type: 'response.output_item.added', output_index: index, item })
const done = (index: number, item: Json) => ({ type: 'response.output_item.done', output_index: index, item })
const delta = (kind: string, index: number, text: string, members: Json = {}) => ({
  type: `response.${kind}.delta`,
  output_index: index,
  delta: text,
  ...members,
})
const message = (text: string): Json => ({ type: 'message', id: 'msg_1', content: [{ type: 'output_text', text }] })
const callItem = (n: number, args: string): Json => ({
  type: 'function_call',
  id: `fc_${n}`,
  call_id: `call_${n}`,
  name: 'read',
  arguments: args,
})

describe('a Responses stream', () => {
  test('means its text, its usage and its end', () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 11 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
    }

    const answer = collect(
      decodeEvents([
        created,
        added(0, { type: 'message', id: 'msg_1', content: [] }),
        delta('output_text', 0, 'Hel', { content_index: 0 }),
        delta('output_text', 0, 'lo.', { content_index: 0 }),
        done(0, message('Hello.')),
        completed({ usage }),
      ]),
    )

    expect(answer.blocks).toEqual([{ type: 'text', text: 'Hello.' }])
    expect(answer.reason).toEqual({ kind: 'end_turn' })
    expect(answer.usage).toEqual({
      inputTokens: 29,
      cacheReadTokens: 60,
      cacheWriteTokens: 11,
      cacheWrite1hTokens: 0,
      outputTokens: 20,
      reasoningTokens: 5,
    })
  })

  test('whose items interleave comes out one item after the other', () => {
    const answer = collect(
      decodeEvents([
        created,
        added(0, callItem(1, '')),
        added(1, callItem(2, '')),
        delta('function_call_arguments', 1, '{"b":2}'),
        delta('function_call_arguments', 0, '{"a"'),
        done(1, callItem(2, '{"b":2}')),
        delta('function_call_arguments', 0, ':1}'),
        done(0, callItem(1, '{"a":1}')),
        completed(),
      ]),
    )

    expect(answer.blocks).toMatchObject([
      { id: 'call_1', inputJson: '{"a":1}' },
      { id: 'call_2', inputJson: '{"b":2}' },
    ])
    expect(answer.reason).toEqual({ kind: 'tool_use' })
  })

  test('that tells an item only whole, or in its last event only, is told all the same', () => {
    const whole = collect(decodeEvents([created, done(0, message('Hello.')), completed()]))
    const last = collect(decodeEvents([created, completed({ output: [message('Hello.'), callItem(1, '{}')] })]))

    expect(whole.blocks).toEqual([{ type: 'text', text: 'Hello.' }])
    expect(last.blocks).toMatchObject([{ text: 'Hello.' }, { id: 'call_1', inputJson: '{}' }])
  })

  test('whose deltas said less than the whole item is completed from it', () => {
    const answer = collect(
      decodeEvents([
        created,
        added(0, { type: 'message', content: [] }),
        delta('output_text', 0, 'Hel', { content_index: 0 }),
        done(0, message('Hello.')),
        completed(),
      ]),
    )

    expect(answer.blocks).toEqual([{ type: 'text', text: 'Hello.' }])
  })

  test('seals its reasoning, so that nobody but its vendor gets it back', () => {
    const item = { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA', summary: [] }

    const answer = collect(
      decodeEvents([
        created,
        added(0, { type: 'reasoning', id: 'rs_1', summary: [] }),
        delta('reasoning_summary_text', 0, 'First.', { summary_index: 0 }),
        delta('reasoning_summary_text', 0, 'Then.', { summary_index: 1 }),
        done(0, item),
        completed(),
      ]),
    )

    const [block] = answer.blocks
    if (block?.type !== 'thinking') throw new Error('no thinking')
    expect(block.text).toBe('First.\n\nThen.')
    expect(tryUnseal(block.signature, 'openai-responses')).toEqual(['rs_1', 'gAAA'])
  })

  test('of an open model shows its reasoning once, whichever way it is told', () => {
    const item = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] }

    const answer = collect(
      decodeEvents([
        created,
        added(0, { type: 'reasoning', summary: [] }),
        delta('reasoning_text', 0, 'Hm.', { content_index: 0 }),
        done(0, item),
        completed(),
      ]),
    )

    expect(answer.blocks).toEqual([{ type: 'thinking', text: 'Hm.', signature: '' }])
  })

  test('carries free text as the argument that every dialect knows, and what it does not model whole', () => {
    const patch = { type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** "Begin"\n' }
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }

    const { blocks } = collect(decodeEvents([created, done(0, patch), added(1, search), done(1, search), completed()]))

    expect(blocks).toMatchObject([
      { type: 'tool_use', name: 'apply_patch', inputJson: '{"input":"*** \\"Begin\\"\\n"}' },
      { type: 'opaque', dialect: 'openai-responses', payload: search },
    ])
  })

  test('that is incomplete says why', () => {
    const reasonOf = (reason: string) =>
      decodeEvents([
        created,
        {
          type: 'response.incomplete',
          response: { id: 'resp_1', status: 'incomplete', incomplete_details: { reason }, output: [] },
        },
      ]).at(-1)

    expect(reasonOf('max_output_tokens')).toEqual({ type: 'finish', reason: { kind: 'max_tokens' } })
    expect(reasonOf('content_filter')).toEqual({ type: 'finish', reason: { kind: 'refusal' } })
    expect(reasonOf('new_one')).toEqual({
      type: 'finish',
      reason: { kind: 'unknown', dialect: 'openai-responses', reason: 'new_one' },
    })
  })

  const failures: readonly [code: string, message: string, kind: string][] = [
    ['server_error', 'it broke', 'upstream_error'],
    ['rate_limit_exceeded', 'try again in 3 s', 'upstream_rate_limited'],
    ['insufficient_quota', 'you have no money', 'upstream_quota'],
    ['context_length_exceeded', 'too long', 'upstream_rejected'],
    ['invalid_prompt', 'not allowed', 'upstream_rejected'],
  ]
  for (const [code, text, kind] of failures) {
    test(`that fails with ${code} ends in ${kind}, however it is told`, () => {
      const error = { code, message: text }
      const failed = { type: 'response.failed', response: { id: 'resp_1', status: 'failed', error } }

      expect(decodeEvents([created, failed]).at(-1)).toMatchObject({ type: 'error', kind })
      expect(decodeEvents([created, { type: 'error', ...error }]).at(-1)).toMatchObject({ type: 'error', kind })
    })
  }

  test('that is cut, or is no JSON, ends in an error', () => {
    const broken = openaiResponsesUpstream.openDecoder(contextOf())
    const bytes = new TextEncoder().encode('{"type":"response.output_text.delta",')

    expect(decodeEvents([created]).at(-1)).toMatchObject({ type: 'error', kind: 'stream_interrupted' })
    expect(broken.push({ event: 'response.output_text.delta', data: bytes })).toMatchObject([
      { type: 'error', kind: 'upstream_malformed' },
    ])
    expect(broken.push(frame(completed()))).toEqual([])
    expect(broken.end()).toEqual([])
  })

  test('whose records have no name is known by its types', () => {
    const decoder = openaiResponsesUpstream.openDecoder(contextOf())
    const events = [created, done(0, message('Hi.')), completed()].flatMap((event) =>
      decoder.push({ ...frame(event), event: '' }),
    )

    expect(collect(events).blocks).toEqual([{ type: 'text', text: 'Hi.' }])
  })
})

test.each(['failed', 'cancelled'])('a whole response that says no more than %s is no answer', (status) => {
  const { response } = completed({ status, error: null })

  expect(() => openaiResponsesUpstream.decodeResponse(response, contextOf())).toThrow(
    expect.objectContaining({ kind: 'upstream_error' }),
  )
})
