import { withoutMember } from './edit-body.ts'
import { DEAR_TIERS } from './member-names.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import type { RequestBody } from './request-body.ts'

/** What costs as much as a table of prices says, or less. Of what comes next year nobody knows. */
const PLAIN_TIERS: readonly unknown[] = [
  null,
  'auto',
  'default',
  'flex',
  'on_demand',
  'scale',
  'batch',
  'standard',
  'standard_only',
]

/**
 * A request without the tier of service at which its vendor takes a multiple for the same tokens: OpenAI's `priority`, also
 * called `fast`, twice and more, Anthropic's fast mode six times. Neither is set aside for, nor on the bill.
 *
 * @throws ProxyError `invalid_request` if such a member occurs twice
 * @see OpenAI, "Priority processing"; Anthropic, "Fast mode" (public docs, 2026-08)
 */
export function withoutDearTiers(body: RequestBody): RequestBody {
  let rest = body
  for (const member of DEAR_TIERS) {
    const tier = body.envelope.outline[member]
    if (tier === undefined) continue
    refuseRepeated(body.bytes, body.envelope.json, [member])
    if (!PLAIN_TIERS.includes(tier)) rest = withoutMember(rest, member)
  }
  return rest
}
