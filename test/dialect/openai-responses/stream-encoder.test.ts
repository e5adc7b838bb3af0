import { describe, expect, test } from 'bun:test'
import type { StreamEvent } from '../../../src/core/event.ts'
import { replay } from '../../../src/core/replay.ts'
import { NO_USAGE } from '../../../src/core/usage.ts'
import { openaiResponsesSurface } from '../../../src/dialect/openai-responses/index.ts'
import { decode, encodeStream, optionsOf } from './support.ts'
import { checkWire, wireEvents } from './wire-grammar.ts'

const start: StreamEvent = { type: 'start', id: 'msg_01', model: 'claude' }
const finish: StreamEvent = { type: 'finish', reason: { kind: 'end_turn' } }
const tools = [
  { type: 'custom', name: 'apply_patch', description: 'patches', format: { type: 'text' } },
  { type: 'namespace', name: 'agents', tools: [{ type: 'function', name: 'spawn', parameters: {} }] },
]
const request = decode({ model: 'm', input: 'x', tools })

function call(name: string, ...pieces: readonly string[]): StreamEvent[] {
  return [
    start,
    { type: 'block_start', index: 0, block: { type: 'tool_use', id: 'call_1', name, inputJson: '' } },
    ...pieces.map((json): StreamEvent => ({ type: 'block_delta', index: 0, delta: { type: 'input_json', json } })),
    { type: 'block_stop', index: 0 },
    finish,
  ]
}

describe('a Responses client', () => {
  test('gets the text of a free-form tool as it is written', () => {
    const events = wireEvents(encodeStream(call('apply_patch', '{"inp', 'ut":"*** Begin\\', 'n+ \\"x\\""}'), request))

    checkWire(events)
    const deltas = events.filter(({ type }) => type === 'response.custom_tool_call_input.delta')
    expect(deltas.map((event) => event.delta)).toEqual(['*** Begin', '\n+ "x"'])
    expect(events.at(-2)?.item).toMatchObject({
      type: 'custom_tool_call',
      call_id: 'call_1',
      name: 'apply_patch',
      input: '*** Begin\n+ "x"',
    })
  })

  test('gets the text all the same of a model that ignores the wrapping', () => {
    const events = wireEvents(encodeStream(call('apply_patch', '*** Begin', ' Patch'), request))

    checkWire(events)
    expect(events.at(-2)?.item).toMatchObject({ type: 'custom_tool_call', input: '*** Begin Patch' })
  })

  test('knows each item by an id that servers of its dialect take back: a free-form call by one of its own kind', () => {
    const payload = { inlineData: { mimeType: 'image/png', data: 'aa' } }
    const blocks = [
      { type: 'tool_use', id: 'call_1', name: 'apply_patch', inputJson: '{"input":"x"}' },
      { type: 'tool_use', id: 'call_2', name: 'agents__spawn', inputJson: '{}' },
      { type: 'opaque', dialect: 'gemini', payload, deltas: [] },
    ] as const
    const answer = { id: '', model: 'm', blocks, reason: { kind: 'tool_use' }, usage: NO_USAGE } as const

    const whole = openaiResponsesSurface.encodeResponse(answer, optionsOf(request))
    const streamed = wireEvents(encodeStream(replay(answer), request)).at(-1)?.response

    const ids = ['ctc_req_1_0', 'fc_req_1_1', 'ig_req_1_2'].map((id) => ({ id }))
    expect(whole).toMatchObject({ output: ids })
    expect(streamed).toMatchObject({ output: ids })
  })

  test('is called by a name inside its namespace', () => {
    const events = wireEvents(encodeStream(call('agents__spawn', '{}'), request))

    expect(events.at(-2)?.item).toMatchObject({ type: 'function_call', namespace: 'agents', name: 'spawn' })
  })

  test('keeps a signature for the next turn, and hidden thinking', () => {
    const events = wireEvents(
      encodeStream([
        start,
        { type: 'block_start', index: 0, block: { type: 'thinking', text: '', signature: '' } },
        { type: 'block_delta', index: 0, delta: { type: 'thinking', text: 'Hm.' } },
        { type: 'block_delta', index: 0, delta: { type: 'signature', signature: 'EqQB' } },
        { type: 'block_stop', index: 0 },
        { type: 'block_start', index: 1, block: { type: 'redacted_thinking', data: 'EmwK' } },
        { type: 'block_stop', index: 1 },
        finish,
      ]),
    )

    const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    const again = decode({ model: 'm', input: ['x', ...items].map((item) => (item === 'x' ? USER : item)) })
    expect(again.turns[1]?.blocks).toEqual([
      { type: 'thinking', text: 'Hm.', signature: 'EqQB' },
      { type: 'redacted_thinking', data: 'EmwK' },
    ])
  })

  test('hears of a broken stream under its id, as its next event', () => {
    const encoder = openaiResponsesSurface.openEncoder(optionsOf())
    const wire =
      encoder.push(start) + encoder.push({ type: 'error', kind: 'upstream_rate_limited', message: 'slow down' })

    const events = wireEvents(wire)

    checkWire(events)
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      sequence_number: 2,
      response: {
        id: `resp_${optionsOf().requestId}`,
        status: 'failed',
        error: { code: 'rate_limit_exceeded', message: 'slow down' },
      },
    })
  })

  test('hears that its context is full in the word on which it compacts', async () => {
    const { ProxyError } = await import('../../../src/core/errors.ts')
    const error = new ProxyError('upstream_rejected', 'prompt is too long', { detail: { isContextOverflow: true } })

    const [event] = wireEvents(openaiResponsesSurface.encodeErrorEvent(error, 'req_1'))

    expect(event?.response).toMatchObject({ error: { code: 'context_length_exceeded' } })
  })
})

const USER = { type: 'message', role: 'user', content: 'x' }
