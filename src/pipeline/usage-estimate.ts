import { NO_USAGE, totalTokens, type Usage } from '../core/usage.ts'

/** Average bytes of JSON or text per token; English prose has about four, code and JSON a little less. */
const BYTES_PER_TOKEN = 4

/** Tokens that so many bytes are likely to be, rounded up; 0 for a length that is none, as a header may say it. */
export function likelyTokens(bytes: number): number {
  return Number.isSafeInteger(bytes) && bytes > 0 ? Math.ceil(bytes / BYTES_PER_TOKEN) : 0
}

/** What is written, in bytes: of text beyond ASCII the characters would be too few. */
export function byteLength(written: Uint8Array | string): number {
  return typeof written === 'string' ? Buffer.byteLength(written) : written.length
}

/** The usage that the upstream told, or `null` if that is 0 tokens: there is no such answer. */
export function tryTold(usage: Usage | null): Usage | null {
  return usage === null || totalTokens(usage) === 0 ? null : usage
}

/**
 * Usage of an answer whose upstream told none, or whose stream broke before it told all: what was seen, rounded up.
 *
 * @param told          what the upstream did tell; its input side is kept, its output side is a lower bound
 * @param contentBytes  bytes of answer that passed
 * @param requestBytes  bytes of the request, for an input side that was never told
 */
export function estimateUsage(told: Usage | null, contentBytes: number, requestBytes: number): Usage {
  const seenTokens = likelyTokens(contentBytes)
  if (told !== null) return { ...told, outputTokens: Math.max(told.outputTokens, seenTokens) }
  if (seenTokens === 0) return NO_USAGE
  return { ...NO_USAGE, inputTokens: likelyTokens(requestBytes), outputTokens: seenTokens }
}

/**
 * Usage of an answer that the client did not wait for. If nothing of it was seen, the prompt is charged: leaving early is
 * no way to have prompts read for nothing. Also for answers without tokens of their own, such as embeddings.
 */
export function estimateLeft(told: Usage | null, contentBytes: number, requestBytes: number): Usage {
  if (told !== null || contentBytes > 0) return estimateUsage(told, contentBytes, requestBytes)
  return { ...NO_USAGE, inputTokens: likelyTokens(requestBytes) }
}
