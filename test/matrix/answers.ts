import type { Script } from '../../src/simulator/script.ts'

/** What the model says, and what every client must see of it, whatever it and the upstream speak. */
export interface AnswerCase {
  readonly name: string
  readonly script: Script
  readonly text: string
  readonly thinking?: string
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  /** Stop reason of a Messages client that an Anthropic server told, and the same after Chat's fewer words. */
  readonly stop: readonly [direct: string, afterChat: string]
}

const HELLO = 'Hello there, this is a text of more than one piece. Grüße, 世界 🌍!'
const FIRST = { id: 'call_first', name: 'read', input: { path: '/a "b" 🌍', depth: [1, { two: null }] } }
const SECOND = { id: 'call_second', name: 'write', input: {} }

export const ANSWER_CASES: readonly AnswerCase[] = [
  { name: 'a text', script: { blocks: [{ text: HELLO }] }, text: HELLO, stop: ['end_turn', 'end_turn'] },
  {
    name: 'a text in single characters',
    script: { blocks: [{ text: HELLO }], chunkChars: 1 },
    text: HELLO,
    stop: ['end_turn', 'end_turn'],
  },
  {
    name: 'thinking, then a text',
    script: { blocks: [{ thinking: 'First I think about it.' }, { text: HELLO }] },
    thinking: 'First I think about it.',
    text: HELLO,
    stop: ['end_turn', 'end_turn'],
  },
  {
    name: 'parallel calls behind a text',
    script: { blocks: [{ text: 'Both.' }, { tool: FIRST }, { tool: SECOND }], chunkChars: 5 },
    text: 'Both.',
    calls: [FIRST, SECOND],
    stop: ['tool_use', 'tool_use'],
  },
  {
    name: 'thinking, then a call and no word',
    script: { blocks: [{ thinking: 'A tool will do.' }, { tool: FIRST }] },
    thinking: 'A tool will do.',
    text: '',
    calls: [FIRST],
    stop: ['tool_use', 'tool_use'],
  },
  {
    name: 'a refusal',
    script: { blocks: [{ refusal: 'I will not do that.' }] },
    text: 'I will not do that.',
    stop: ['refusal', 'refusal'],
  },
  {
    name: 'a text cut at the limit',
    script: { blocks: [{ text: HELLO }], stopReason: 'max_tokens' },
    text: HELLO,
    stop: ['max_tokens', 'max_tokens'],
  },
  {
    name: 'a full context',
    script: { blocks: [{ text: HELLO }], stopReason: 'model_context_window_exceeded' },
    text: HELLO,
    stop: ['model_context_window_exceeded', 'max_tokens'],
  },
  {
    name: 'a stop sequence',
    script: { blocks: [{ text: HELLO }], stopReason: 'stop_sequence', stopSequence: 'END' },
    text: HELLO,
    stop: ['stop_sequence', 'end_turn'],
  },
  {
    name: 'a pause',
    script: { blocks: [{ text: HELLO }], stopReason: 'pause_turn' },
    text: HELLO,
    stop: ['pause_turn', 'end_turn'],
  },
  { name: 'nothing', script: { blocks: [] }, text: '', stop: ['end_turn', 'end_turn'] },
  {
    name: 'bytes in any pieces',
    script: {
      blocks: [{ thinking: 'Pieces.' }, { text: HELLO }, { tool: FIRST }],
      fault: { type: 'split', bytes: 97 },
    },
    thinking: 'Pieces.',
    text: HELLO,
    calls: [FIRST],
    stop: ['tool_use', 'tool_use'],
  },
]

export const USAGE = {
  inputTokens: 40,
  cacheReadTokens: 60,
  cacheWriteTokens: 11,
  outputTokens: 23,
  reasoningTokens: 5,
}

/** `finish_reason` of a Chat client for what a Messages client would be told. */
export const CHAT_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}
