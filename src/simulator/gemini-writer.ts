import type { Json } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Ids } from './ids.ts'
import { lenientJson, piecesOf, type Reply, type StopReason } from './reply.ts'
import type { InferenceRequest } from './request.ts'

const REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'STOP',
  tool_use: 'STOP',
  stop_sequence: 'STOP',
  pause_turn: 'STOP',
  max_tokens: 'MAX_TOKENS',
  model_context_window_exceeded: 'MAX_TOKENS',
  refusal: 'SAFETY',
}

/** A whole answer of `generateContent`. */
export function geminiAnswer(reply: Reply, _request: InferenceRequest, ids: Ids): Json {
  return chunk(reply, ids.completion(), [...parts(reply, Number.MAX_SAFE_INTEGER)], REASONS[reply.stopReason])
}

/** The stream as SSE records; there is no mark of the end. */
export function* geminiRecords(reply: Reply, _request: InferenceRequest, ids: Ids): Generator<string> {
  const id = ids.completion()
  const all = [...parts(reply, reply.chunkChars)]
  const last = all.pop()
  for (const part of all) yield data(chunk(reply, id, [part], null))
  yield data(chunk(reply, id, last === undefined ? [] : [last], REASONS[reply.stopReason]))
}

/** A signature stands on the first part behind the thought that it belongs to. */
function* parts(reply: Reply, chunkChars: number): Generator<Json> {
  let signature: string | null = null
  const signed = (part: Json): Json => {
    const whole = signature === null ? part : { ...part, thoughtSignature: signature }
    signature = null
    return whole
  }
  for (const block of reply.blocks) {
    if (block.type === 'thinking') {
      for (const text of piecesOf(block.text, chunkChars)) yield { text, thought: true }
      signature = block.signature
    } else if (block.type === 'text' || block.type === 'refusal') {
      for (const text of piecesOf(block.text, chunkChars)) yield signed({ text })
    } else if (block.type === 'tool') {
      yield signed({ functionCall: { id: block.id, name: block.name, args: lenientJson(block.inputJson) } })
    } else if (block.type === 'raw') yield signed(block.block)
  }
  if (signature !== null) yield signed({ text: '' })
}

function chunk(reply: Reply, responseId: string, content: readonly Json[], finishReason: string | null): Json {
  const candidate = {
    content: { role: 'model', ...(content.length > 0 && { parts: content }) },
    ...(finishReason !== null && { finishReason }),
    index: 0,
  }
  const usage = reply.usageMode !== 'absent' && { usageMetadata: usageMetadata(reply.usage) }
  return { candidates: [candidate], ...usage, modelVersion: reply.model, responseId }
}

/** The prompt's count holds what came from a cache; thoughts are counted apart from the answer. */
function usageMetadata({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens }: Usage): Json {
  const promptTokenCount = inputTokens + cacheReadTokens + cacheWriteTokens
  return {
    promptTokenCount,
    ...(cacheReadTokens > 0 && { cachedContentTokenCount: cacheReadTokens }),
    candidatesTokenCount: outputTokens - reasoningTokens,
    ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: promptTokenCount + outputTokens,
  }
}

function data(json: Json): string {
  return `data: ${JSON.stringify(json)}\r\n\r\n`
}
