import type { Surface, Upstream } from '../core/dialect.ts'
import type { DialectId } from '../core/dialect-id.ts'
import { ProxyError } from '../core/errors.ts'
import { anthropicSurface, anthropicUpstream } from '../dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../dialect/bedrock-converse/index.ts'
import { geminiUpstream } from '../dialect/gemini/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../dialect/openai-responses/index.ts'
import { guessSurface, type SurfaceName } from '../pipeline/guess-surface.ts'

/** What clients may speak. */
export const SURFACES: Readonly<Record<SurfaceName, Surface>> = {
  messages: anthropicSurface,
  chat: openaiChatSurface,
  responses: openaiResponsesSurface,
}

/** What providers may speak. */
export const UPSTREAMS: Readonly<Record<DialectId, Upstream>> = {
  anthropic: anthropicUpstream,
  'openai-chat': openaiChatUpstream,
  'openai-responses': openaiResponsesUpstream,
  gemini: geminiUpstream,
  'bedrock-converse': bedrockConverseUpstream,
}

/** The surface that a body is meant for. Throws `invalid_request` on what is not JSON. */
export function surfaceFor(name: SurfaceName | null, bytes: Uint8Array): Surface {
  if (name !== null) return SURFACES[name]
  try {
    return SURFACES[guessSurface(JSON.parse(new TextDecoder().decode(bytes)))]
  } catch (cause) {
    throw new ProxyError('invalid_request', 'the body is not valid JSON in UTF-8', { cause })
  }
}
