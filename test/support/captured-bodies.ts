import type { SurfaceName } from '../../src/pipeline/guess-surface.ts'

/** Bodies of the shapes that clients send, and the interface each was meant for. */
export const MEANT_FOR: readonly (readonly [SurfaceName, unknown])[] = [
  ['messages', { model: 'm', system: 's', messages: [] }],
  ['messages', { model: 'm', tools: [{ name: 't', input_schema: {} }] }],
  ['messages', { model: 'claude-x', messages: [] }],
  ['messages', { model: 'gpt-x', thinking: { type: 'adaptive' } }],
  ['chat', { model: 'claude-x', max_completion_tokens: 5 }],
  ['chat', { model: 'm', tools: [{ type: 'function', function: { name: 't' } }] }],
  ['chat', { model: 'gpt-x', messages: [] }],
  ['responses', { model: 'm', input: 'hi' }],
  ['responses', { model: 'claude-x', previous_response_id: 'r' }],
  ['chat', {}],
  ['chat', null],
  ['chat', 'text'],
]
