import type { Json } from '../core/json.ts'
import { promptTokens, type Usage } from '../core/usage.ts'
import type { Ids } from './ids.ts'
import { piecesOf, type Reply, type ReplyBlock, type StopReason } from './reply.ts'
import type { InferenceRequest } from './request.ts'

/** Unix seconds that answers claim as their making, so that the same seed gives the same bytes. */
export const CREATED_S = 1_767_225_600

const FINISH_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** A whole `chat.completion`. */
export function chatCompletion(reply: Reply, request: InferenceRequest, ids: Ids): Json {
  const choice = {
    index: 0,
    message: wholeMessage(reply.blocks, request),
    logprobs: null,
    finish_reason: FINISH_REASONS[reply.stopReason],
  }
  return {
    id: ids.completion(),
    object: 'chat.completion',
    created: CREATED_S,
    model: reply.model,
    choices: [choice],
    ...(reply.usageMode !== 'absent' && { usage: chatUsage(reply.usage) }),
    service_tier: 'default',
    system_fingerprint: ids.fingerprint(),
  }
}

/** The stream as SSE records, `[DONE]` included. */
export function* chatRecords(reply: Reply, request: InferenceRequest, ids: Ids): Generator<string> {
  const usageNull = request.includeUsage ? { usage: null } : {}
  const head = {
    id: ids.completion(),
    object: 'chat.completion.chunk',
    created: CREATED_S,
    model: reply.model,
    service_tier: 'default',
    system_fingerprint: ids.fingerprint(),
  }
  const chunk = (delta: Json, finish: string | null = null): string =>
    data({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...usageNull })

  if (request.profile.flavor === 'azure') yield data({ ...head, choices: [], prompt_filter_results: PROMPT_FILTER })
  yield chunk({ role: 'assistant', content: '', refusal: null })
  for (let i = 0; i < (reply.pings ?? 0); i++) yield ': ping\n\n'
  let calls = 0
  for (const block of reply.blocks) {
    for (const delta of deltas(block, calls, request, reply.chunkChars)) yield chunk(delta)
    if (block.type === 'tool') calls++
  }
  yield chunk({}, FINISH_REASONS[reply.stopReason])
  if (request.includeUsage && reply.usageMode !== 'absent') {
    const usage = data({ ...head, choices: [], usage: chatUsage(reply.usage) })
    yield usage
    if (reply.usageMode === 'duplicate') yield usage
  }
  yield 'data: [DONE]\n\n'
}

function data(json: Json): string {
  return `data: ${JSON.stringify(json)}\n\n`
}

const PROMPT_FILTER = [{ prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } }]

function wholeMessage(blocks: readonly ReplyBlock[], request: InferenceRequest): Json {
  const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
  const refusal = blocks.flatMap((block) => (block.type === 'refusal' ? [block.text] : [])).join('')
  const thinking = blocks.filter((block) => block.type === 'thinking')
  const calls = blocks.flatMap((block) => (block.type === 'tool' ? [call(block)] : []))
  const isArray = request.profile.flavor === 'databricks' && thinking.length > 0
  const content = isArray ? [...thinking.map(reasoningPart), { type: 'text', text }] : text === '' ? null : text
  return {
    role: 'assistant',
    content,
    refusal: refusal === '' ? null : refusal,
    ...(thinking.length > 0 && !isArray && { reasoning_content: thinking.map((block) => block.text).join('') }),
    ...(calls.length > 0 && { tool_calls: calls }),
    annotations: [],
  }
}

function* deltas(block: ReplyBlock, callIndex: number, request: InferenceRequest, chunkChars: number): Generator<Json> {
  switch (block.type) {
    case 'text':
      for (const content of piecesOf(block.text, chunkChars)) yield { content }
      return
    case 'refusal':
      for (const refusal of piecesOf(block.text, chunkChars)) yield { refusal }
      return
    case 'thinking':
      yield* reasoningDeltas(block, request, chunkChars)
      return
    case 'tool': {
      const whole = call(block)
      yield { tool_calls: [{ index: callIndex, ...whole, function: { name: block.name, arguments: '' } }] }
      for (const piece of piecesOf(block.inputJson, chunkChars)) {
        yield { tool_calls: [{ index: callIndex, function: { arguments: piece } }] }
      }
      return
    }
    default:
      return
  }
}

/** Databricks streams Claude's thinking as content parts, the signature last; others have a field of their own. */
function* reasoningDeltas(
  block: ReplyBlock & { type: 'thinking' },
  request: InferenceRequest,
  chunkChars: number,
): Generator<Json> {
  const isDatabricks = request.profile.flavor === 'databricks'
  for (const text of piecesOf(block.text, chunkChars)) {
    yield isDatabricks ? { content: [reasoningPart({ text, signature: '' })] } : { reasoning_content: text }
  }
  if (isDatabricks) yield { content: [reasoningPart({ text: '', signature: block.signature })] }
}

function reasoningPart({ text, signature }: { readonly text: string; readonly signature: string }): Json {
  return { type: 'reasoning', summary: [{ type: 'summary_text', text, signature }] }
}

function call(block: ReplyBlock & { type: 'tool' }): Json {
  return { id: block.id, type: 'function', function: { name: block.name, arguments: block.inputJson } }
}

function chatUsage(usage: Usage): Json {
  const prompt = promptTokens(usage)
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(usage.cacheWriteTokens > 0 && { cache_write_tokens: usage.cacheWriteTokens }),
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
