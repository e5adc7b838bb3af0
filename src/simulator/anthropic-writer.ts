import type { Json } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Ids } from './ids.ts'
import { lenientJson, piecesOf, type Reply, type ReplyBlock } from './reply.ts'
import type { InferenceRequest } from './request.ts'

/** A whole Message, with the members the Messages API sends in 2026. */
export function anthropicMessage(reply: Reply, request: InferenceRequest, ids: Ids): Json {
  const usage = reply.usageMode === 'absent' ? {} : { usage: fullUsage(reply.usage) }
  return {
    ...messageHead(reply, ids),
    content: reply.blocks.map((block) => wholeBlock(block, request)),
    ...stop(reply),
    ...usage,
  }
}

/** The stream as SSE records, each complete with its blank line. */
export function* anthropicRecords(reply: Reply, request: InferenceRequest, ids: Ids): Generator<string> {
  const withUsage = reply.usageMode !== 'absent'
  const startUsage = { ...fullUsage(reply.usage), output_tokens: 1 }
  const head = { ...messageHead(reply, ids), content: [], stop_reason: null, stop_sequence: null, stop_details: null }
  yield sse('message_start', { message: withUsage ? { ...head, usage: startUsage } : head })
  for (let i = 0; i < (reply.pings ?? 1); i++) yield sse('ping', {})
  for (const [index, block] of reply.blocks.entries()) {
    yield sse('content_block_start', { index, content_block: skeleton(block) })
    for (const delta of deltas(block, request, reply.chunkChars)) yield sse('content_block_delta', { index, delta })
    yield sse('content_block_stop', { index })
  }
  const end = { delta: stop(reply), ...(withUsage && { usage: endUsage(reply.usage) }) }
  if (reply.usageMode === 'duplicate') yield sse('message_delta', { ...end, delta: {} })
  yield sse('message_delta', end)
  yield sse('message_stop', {})
}

/** One SSE record whose data repeats the event's name as its `type`. */
export function sse(type: string, members: Json): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

function messageHead(reply: Reply, ids: Ids): Json {
  return { id: ids.message(), type: 'message', role: 'assistant', model: reply.model }
}

function stop(reply: Reply): Json {
  const details =
    reply.stopReason === 'refusal' ? { type: 'refusal', category: null, explanation: 'The simulator declined.' } : null
  return { stop_reason: reply.stopReason, stop_sequence: reply.stopSequence, stop_details: details }
}

function wholeBlock(block: ReplyBlock, request: InferenceRequest): Json {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: block.text }
    case 'thinking':
      return { type: 'thinking', thinking: request.omitsThinking ? '' : block.text, signature: block.signature }
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: lenientJson(block.inputJson) }
    default:
      return skeleton(block)
  }
}

function skeleton(block: ReplyBlock): Json {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: block.data }
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} }
    case 'raw':
      return block.block
  }
}

function* deltas(block: ReplyBlock, request: InferenceRequest, chunkChars: number): Generator<Json> {
  switch (block.type) {
    case 'text':
    case 'refusal':
      for (const text of piecesOf(block.text, chunkChars)) yield { type: 'text_delta', text }
      return
    case 'thinking':
      if (!request.omitsThinking) {
        for (const thinking of piecesOf(block.text, chunkChars)) yield { type: 'thinking_delta', thinking }
      }
      yield { type: 'signature_delta', signature: block.signature }
      return
    case 'tool':
      yield { type: 'input_json_delta', partial_json: '' }
      if (block.inputJson === '{}') return
      for (const json of piecesOf(block.inputJson, chunkChars)) yield { type: 'input_json_delta', partial_json: json }
      return
    default:
      return
  }
}

function fullUsage(usage: Usage): Json {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteTokens - usage.cacheWrite1hTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    server_tool_use: null,
    service_tier: 'standard',
  }
}

function endUsage(usage: Usage): Json {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  }
}
