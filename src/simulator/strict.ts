import type { Json } from '../core/json.ts'
import type { HttpRequest } from './http-parser.ts'
import type { Profile } from './profile.ts'
import { Refused, refuse } from './refused.ts'
import { signatureRefusal } from './sigv4.ts'
import { checkMessages } from './strict-anthropic.ts'
import { checkChat } from './strict-chat.ts'
import { asMessages } from './strict-cloud.ts'
import { checkConverse } from './strict-converse.ts'
import { checkGemini } from './strict-gemini.ts'
import { checkResponses } from './strict-responses.ts'

/** Why a real provider would refuse a request. */
export interface Refusal {
  readonly status: number
  /** Absent: the vendor's usual text for the status. */
  readonly message?: string
  /** The vendor's name for it, where the status alone does not tell. */
  readonly errorType?: string
}

/** What of a request is judged. */
export type Judged = Pick<HttpRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>

/**
 * Judges a request as the provider behind its path would; null if it would answer. Any key will do; a signature must
 * be right.
 */
export function refusalOf(profile: Profile, request: Judged, json: Json, wallMs: number): Refusal | null {
  const { headers, query } = request
  const { flavor } = profile
  if (/^AWS4-HMAC/.test(headers.get('authorization') ?? '')) {
    const refusal = signatureRefusal(request, 'bedrock', wallMs)
    if (refusal !== null) return refusal
  } else if (!hasCredential(headers)) return { status: 401 }
  try {
    const isOwnQuery = query === '' || (flavor === 'gemini' && query === '?alt=sse')
    if ((flavor === 'vertex' || flavor === 'gemini') && !isOwnQuery)
      refuse(`Invalid JSON payload received. Unknown name in ${query}`)
    if (flavor === 'anthropic') checkMessages(profile, headers, json)
    else if (flavor === 'gemini') checkGemini(profile.name ?? '', json)
    else if (flavor === 'converse') checkConverse(profile.name ?? '', json)
    else if (flavor === 'responses') checkResponses(profile, json)
    else if (flavor === 'bedrock' || flavor === 'vertex') {
      const plain = asMessages(profile, headers, json)
      checkMessages(profile, plain.headers, plain.json)
    } else if (profile.operation === 'inference') checkChat(profile, json)
    return null
  } catch (error) {
    if (error instanceof Refused) return { status: 400, message: error.message }
    throw error
  }
}

function hasCredential(headers: Headers): boolean {
  const isBearer = /^Bearer \S/.test(headers.get('authorization') ?? '')
  return isBearer || ['x-api-key', 'api-key', 'x-goog-api-key'].some((name) => (headers.get(name) ?? '') !== '')
}
