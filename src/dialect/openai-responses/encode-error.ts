import type { ProxyError } from '../../core/errors.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { encodeError as encodeChatError } from '../openai-chat/encode-error.ts'

/**
 * An error as a Responses client expects it: as Chat's, but for a limit that ends at a known time. Codex tells its user
 * that time; of a quota without one it says to check one's plan and billing, which lie elsewhere.
 */
export function encodeError(error: ProxyError): Json {
  const encoded = encodeChatError(error)
  const { resetsAtWallMs } = error.detail
  if (resetsAtWallMs === undefined) return encoded
  const resets = { type: 'usage_limit_reached', resets_at: Math.ceil(resetsAtWallMs / 1000) }
  return { error: { ...tryObject(encoded.error), ...resets } }
}
