import type { Block } from '../../../src/core/block.ts'
import type { DecodeContext, Frame, Quirks } from '../../../src/core/dialect.ts'
import type { StreamEvent } from '../../../src/core/event.ts'
import { openGrammar } from '../../../src/core/grammar.ts'
import { pairCalls } from '../../../src/core/pair-calls.ts'
import type { ChatRequest, Turn } from '../../../src/core/request.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'

/** Property runs in the default suite, and in the full one. */
export const RUNS = process.env.LYNKR_TEST_FULL === '1' ? 20_000 : 200

export function requestOf(members: Partial<ChatRequest> = {}): ChatRequest {
  return { ...EMPTY_REQUEST, model: 'model-asked', stream: false, turns: [userTurn('hi')], ...members }
}

export function userTurn(...blocks: readonly (string | Block)[]): Turn {
  return { role: 'user', blocks: blocks.map(toBlock) }
}

export function assistantTurn(...blocks: readonly (string | Block)[]): Turn {
  return { role: 'assistant', blocks: blocks.map(toBlock) }
}

function toBlock(block: string | Block): Block {
  return typeof block === 'string' ? { type: 'text', text: block } : block
}

export function call(id: string, name = 'Read', inputJson = '{}'): Block {
  return { type: 'tool_use', id, name, inputJson }
}

export function result(toolUseId: string, text: string, isError = false): Block {
  return { type: 'tool_result', toolUseId, content: text === '' ? [] : [{ type: 'text', text }], isError }
}

export function tool(name: string) {
  return { type: 'function', name, parameters: { type: 'object', properties: {} } } as const
}

export function encode(request: ChatRequest, quirks: Quirks = {}) {
  const { json, dropped } = openaiChatUpstream.encodeRequest(pairCalls(request).request, {
    model: 'model-sent',
    quirks,
  })
  // Through text and back: what counts is what the wire sees.
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

/** A body as a client would send it, decoded. */
export function decode(json: unknown): ChatRequest {
  return openaiChatSurface.decodeRequest(openaiChatSurface.readEnvelope(json))
}

export function contextOf(request: ChatRequest = requestOf(), quirks: Quirks = {}): DecodeContext {
  return { request, profile: { model: 'model-sent', quirks } }
}

export function frame(data: unknown): Frame {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return { event: '', data: new TextEncoder().encode(text) }
}

/** A chunk with this delta. */
export function delta(members: Record<string, unknown>, finishReason: string | null = null) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'model-used',
    choices: [{ index: 0, delta: members, finish_reason: finishReason }],
  }
}

export function usageChunk(usage: Record<string, unknown>) {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'model-used', choices: [], usage }
}

/** Decodes a whole stream, proving on the way that it is grammatical. */
export function decodeStream(chunks: readonly unknown[], context: DecodeContext = contextOf()): StreamEvent[] {
  const decoder = openaiChatUpstream.openDecoder(context)
  const events = [...chunks.flatMap((chunk) => decoder.push(frame(chunk))), ...decoder.end()]
  assertGrammatical(events)
  return events
}

export function assertGrammatical(events: readonly StreamEvent[]): void {
  const grammar = openGrammar()
  for (const event of events) {
    const wrong = grammar.check(event)
    if (wrong !== null) throw new Error(`${wrong} in ${JSON.stringify(events)}`)
  }
  if (!grammar.isEnded()) throw new Error(`no end in ${JSON.stringify(events)}`)
}
