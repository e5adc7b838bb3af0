import { describe, expect, test } from 'bun:test'
import type { StreamEvent } from '../../../src/core/event.ts'
import { openDecoder } from '../../../src/dialect/anthropic/decoder.ts'

const utf8 = new TextEncoder()

function decode(...wires: (Record<string, unknown> | string)[]): StreamEvent[] {
  const decoder = openDecoder()
  const events = wires.flatMap((wire) => {
    const data = utf8.encode(typeof wire === 'string' ? wire : JSON.stringify(wire))
    return decoder.push({ event: typeof wire === 'string' ? 'content_block_delta' : '', data })
  })
  return [...events, ...decoder.end()]
}

const start = { type: 'message_start', message: { id: 'msg_1', model: 'm' } }
const tool = { type: 'tool_use', id: 't', name: 'Read', input: { path: 'a' } }
const toolStart = { type: 'content_block_start', index: 0, content_block: tool }
const toolStop = { type: 'content_block_stop', index: 0 }
const jsonDelta = (json: string) => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'input_json_delta', partial_json: json },
})

function argumentOf(events: readonly StreamEvent[]): string {
  return events
    .map((event) => (event.type === 'block_delta' && event.delta.type === 'input_json' ? event.delta.json : ''))
    .join('')
}

describe('the decoder', () => {
  test('takes a tool’s argument from its start if no delta says it', () => {
    expect(argumentOf(decode(start, toolStart, toolStop))).toBe('{"path":"a"}')
    expect(argumentOf(decode(start, toolStart, jsonDelta(''), toolStop))).toBe('{"path":"a"}')
    expect(argumentOf(decode(start, toolStart, jsonDelta('{"path":"b"}'), toolStop))).toBe('{"path":"b"}')
  })

  test('ends in an error at a frame that is not JSON, and says nothing more', () => {
    const events = decode(start, '{"type":', { type: 'message_stop' })

    expect(events.at(-1)).toMatchObject({ type: 'error', kind: 'upstream_malformed' })
    expect(events).toHaveLength(2)
  })

  test('closes a fallback block that has no stop of its own', () => {
    const fallback = { type: 'content_block_start', index: 0, content_block: { type: 'fallback' } }
    const text = { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } }

    const types = decode(start, fallback, text).map((event) => event.type)

    expect(types).toEqual(['start', 'block_start', 'block_stop', 'block_start', 'error'])
  })

  test('says nothing for pings and events that it does not know', () => {
    expect(decode(start, { type: 'ping' }, { type: 'new_thing' })).toHaveLength(2)
  })
})
