import { describe, expect, test } from 'bun:test'
import { anthropicSurface } from '../../../src/dialect/anthropic/index.ts'

const good = { model: 'claude-sonnet-5-5', max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] }

function message(content: unknown): Record<string, unknown> {
  return { ...good, messages: [{ role: 'user', content }] }
}

function read(json: unknown): unknown {
  return anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(json))
}

const wrong: [json: unknown, path: string][] = [
  [null, ''],
  [[], ''],
  ['x', ''],
  [{ ...good, model: undefined }, 'model'],
  [{ ...good, model: '' }, 'model'],
  [{ ...good, model: 7 }, 'model'],
  [{ ...good, stream: 'yes' }, 'stream'],
  [{ ...good, stream: null }, 'stream'],
  [{ ...good, max_tokens: '8' }, 'max_tokens'],
  [{ ...good, max_tokens: -1 }, 'max_tokens'],
  [{ ...good, max_tokens: 1.5 }, 'max_tokens'],
  [{ ...good, max_tokens: 1e300 }, 'max_tokens'],
  [{ ...good, messages: undefined }, 'messages'],
  [{ ...good, messages: {} }, 'messages'],
  [{ ...good, messages: [] }, 'messages'],
  [{ ...good, messages: [null] }, 'messages.0'],
  [{ ...good, messages: [{ content: 'hi' }] }, 'messages.0.role'],
  [{ ...good, messages: [{ role: 'robot', content: 'hi' }] }, 'messages.0.role'],
  [{ ...good, messages: [...good.messages, { role: 'user' }] }, 'messages.1.content'],
  [message(7), 'messages.0.content'],
  [message(['hi']), 'messages.0.content.0'],
  [message([{ text: 'hi' }]), 'messages.0.content.0.type'],
  [message([{ type: 'text' }]), 'messages.0.content.0.text'],
  [message([{ type: 'text', text: 'a', citations: 7 }]), 'messages.0.content.0.citations'],
  [message([{ type: 'tool_use', name: 'a', input: {} }]), 'messages.0.content.0.id'],
  [message([{ type: 'tool_use', id: 'a', name: 'a', input: '{}' }]), 'messages.0.content.0.input'],
  [message([{ type: 'tool_result', content: 'a' }]), 'messages.0.content.0.tool_use_id'],
  [message([{ type: 'tool_result', tool_use_id: 'a', content: [7] }]), 'messages.0.content.0.content.0'],
  [{ ...good, system: 7 }, 'system'],
  [{ ...good, system: [{ type: 'image' }] }, 'system.0.type'],
  [{ ...good, system: [{ type: 'text' }] }, 'system.0.text'],
  [{ ...good, tools: {} }, 'tools'],
  [{ ...good, tools: [7] }, 'tools.0'],
  [{ ...good, tools: [{ name: 'a' }] }, 'tools.0.input_schema'],
  [{ ...good, tool_choice: 'auto' }, 'tool_choice'],
  [{ ...good, tool_choice: { type: 'tool' } }, 'tool_choice.name'],
  [{ ...good, stop_sequences: 'a' }, 'stop_sequences'],
  [{ ...good, stop_sequences: [7] }, 'stop_sequences.0'],
  [{ ...good, temperature: 'hot' }, 'temperature'],
  [{ ...good, thinking: 'yes' }, 'thinking'],
  [{ ...good, thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
  [{ ...good, output_config: 'high' }, 'output_config'],
  [{ ...good, metadata: [] }, 'metadata'],
  [{ ...good, metadata: { user_id: 7 } }, 'metadata.user_id'],
]

describe('a wrong request is refused with the path of what is wrong', () => {
  for (const [json, path] of wrong) {
    test(`${JSON.stringify(json)} at ${path || 'the body'}`, () => {
      const refusal = { kind: 'invalid_request', detail: { path } }

      expect(() => read(json)).toThrow(expect.objectContaining(refusal))
    })
  }
})

describe('what a coding agent sends is read', () => {
  test('a system role in the conversation, per-message members, cache marks, explicit is_error, unknown fields', () => {
    const result = {
      tool_use_id: 'toolu_1',
      type: 'tool_result',
      content: 'done',
      is_error: false,
      cache_control: { type: 'ephemeral' },
    }
    const json = {
      ...good,
      stream: true,
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'medium' },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      metadata: { user_id: '{"session_id":"s"}' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'system', content: 'environment', output_config: { effort: 'medium' } },
        { role: 'user', content: [result] },
      ],
    }

    const request = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(json))

    expect(request).toMatchObject({
      stream: true,
      userId: '{"session_id":"s"}',
      reasoning: { type: 'adaptive', effort: 'medium', opaque: { members: { display: 'omitted' } } },
      opaque: { members: { context_management: json.context_management } },
    })
    expect(request.turns[1]).toEqual({
      role: 'system',
      blocks: [{ type: 'text', text: 'environment' }],
      opaque: { dialect: 'anthropic', members: { output_config: { effort: 'medium' } } },
    })
    expect(request.turns[2]?.blocks[0]).toMatchObject({ isError: false, cache: { ttl: '5m' } })
  })
})
