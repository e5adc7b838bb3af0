import type { Json } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { awsEvent } from './aws-event-writer.ts'
import type { Ids } from './ids.ts'
import { lenientJson, piecesOf, type Reply, type ReplyBlock, type StopReason } from './reply.ts'
import type { InferenceRequest } from './request.ts'

const REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  stop_sequence: 'stop_sequence',
  pause_turn: 'end_turn',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'model_context_window_exceeded',
  refusal: 'content_filtered',
}

/** A whole answer of Converse. */
export function converseAnswer(reply: Reply, _request: InferenceRequest, _ids: Ids): Json {
  return {
    output: { message: { role: 'assistant', content: reply.blocks.flatMap(wholeBlock) } },
    stopReason: REASONS[reply.stopReason],
    ...(reply.usageMode !== 'absent' && { usage: usageOf(reply.usage) }),
    metrics: { latencyMs: 12 },
  }
}

/** The stream as messages of an AWS event stream. */
export function* converseRecords(reply: Reply, _request: InferenceRequest, _ids: Ids): Generator<Uint8Array> {
  yield awsEvent('messageStart', { p: 'abcd', role: 'assistant' })
  for (const [contentBlockIndex, block] of reply.blocks.entries()) {
    if (block.type === 'tool') {
      const toolUse = { toolUseId: block.id, name: block.name }
      yield awsEvent('contentBlockStart', { contentBlockIndex, p: 'abc', start: { toolUse } })
    }
    for (const delta of deltas(block, reply.chunkChars)) {
      yield awsEvent('contentBlockDelta', { contentBlockIndex, delta, p: 'abcdefgh' })
    }
    yield awsEvent('contentBlockStop', { contentBlockIndex, p: 'ab' })
  }
  yield awsEvent('messageStop', { p: 'abcde', stopReason: REASONS[reply.stopReason] })
  if (reply.usageMode === 'absent') return
  const metadata = { metrics: { latencyMs: 12 }, p: 'abcdef', usage: usageOf(reply.usage) }
  yield awsEvent('metadata', metadata)
  if (reply.usageMode === 'duplicate') yield awsEvent('metadata', metadata)
}

function wholeBlock(block: ReplyBlock): Json[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [{ text: block.text }]
    case 'thinking':
      return [{ reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } }]
    case 'redacted_thinking':
      return [{ reasoningContent: { redactedContent: block.data } }]
    case 'tool':
      return [{ toolUse: { toolUseId: block.id, name: block.name, input: lenientJson(block.inputJson) } }]
    default:
      return []
  }
}

function* deltas(block: ReplyBlock, chunkChars: number): Generator<Json> {
  switch (block.type) {
    case 'text':
    case 'refusal':
      for (const text of piecesOf(block.text, chunkChars)) yield { text }
      return
    case 'thinking':
      for (const text of piecesOf(block.text, chunkChars)) yield { reasoningContent: { text } }
      yield { reasoningContent: { signature: block.signature } }
      return
    case 'redacted_thinking':
      yield { reasoningContent: { redactedContent: block.data } }
      return
    case 'tool':
      for (const input of piecesOf(block.inputJson, chunkChars)) yield { toolUse: { input } }
      return
    default:
      return
  }
}

function usageOf({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: Usage): Json {
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadInputTokens: cacheReadTokens,
    cacheWriteInputTokens: cacheWriteTokens,
  }
}
