import { type RequestBody, refuseRepeated, withoutMember } from './request-body.ts'

const FALLBACKS = 'fallbacks'

/**
 * A request without the models that Anthropic would fall back on by itself: each has a price and an output limit of its
 * own, and `"default"` could be any, so that what they would cost cannot be set aside.
 *
 * @throws ProxyError `invalid_request` if the member occurs twice
 */
export function withoutFallbacks(body: RequestBody): RequestBody {
  const { json, outline } = body.envelope
  if (outline[FALLBACKS] === undefined) return body
  refuseRepeated(body.bytes, json, [FALLBACKS])
  return withoutMember(body, FALLBACKS)
}
