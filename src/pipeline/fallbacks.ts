import { withoutMember } from './edit-body.ts'
import { FALLBACKS } from './member-names.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import type { RequestBody } from './request-body.ts'

/**
 * A request without the models that a vendor would fall back on by itself: each has a price and perhaps an output limit of
 * its own, and `"default"` could be any, so that what they would cost cannot be set aside.
 *
 * @throws ProxyError `invalid_request` if such a member occurs twice
 */
export function withoutFallbacks(body: RequestBody): RequestBody {
  let rest = body
  for (const member of FALLBACKS) {
    if (body.envelope.outline[member] === undefined) continue
    refuseRepeated(body.bytes, body.envelope.json, [member])
    rest = withoutMember(rest, member)
  }
  return rest
}
