import { withoutMember } from './edit-body.ts'
import { DEAR_TIERS, FALLBACKS } from './member-names.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import type { RequestBody } from './request-body.ts'

/** What budgets ask of a request. */
export interface Counted {
  readonly countsSpending: boolean
  readonly countsDollars: boolean
}

/**
 * A request without what could cost more than is set aside for it:
 *
 * - where spending counts, the models that a vendor would fall back on by itself: each has a price and perhaps an output
 *   limit of its own, and `"default"` could be any, so that what they would cost cannot be set aside;
 * - where dollars count, the tier of service at which its vendor takes a multiple for the same tokens: OpenAI's `priority`,
 *   also called `fast`, twice and more, Anthropic's fast mode six times. Neither is set aside for, nor on the bill.
 *
 * @throws ProxyError `invalid_request` if such a member occurs twice
 * @see OpenAI, "Priority processing"; Anthropic, "Fast mode" (public docs, 2026-08)
 */
export function withoutUnpriced(asked: RequestBody, { countsSpending, countsDollars }: Counted): RequestBody {
  const body = countsSpending ? leaveOut(asked, FALLBACKS, () => true) : asked
  return countsDollars ? leaveOut(body, DEAR_TIERS, (tier) => !PLAIN_TIERS.has(tier)) : body
}

/** What costs as much as a table of prices says, or less. Of what comes next year nobody knows. */
const PLAIN_TIERS: ReadonlySet<unknown> = new Set([
  null,
  'auto',
  'default',
  'flex',
  'on_demand',
  'scale',
  'batch',
  'standard',
  'standard_only',
])

/** @param goes whether a member goes for what it says */
function leaveOut(body: RequestBody, members: readonly string[], goes: (value: unknown) => boolean): RequestBody {
  let rest = body
  for (const member of members) {
    const value = body.envelope.outline[member]
    if (value === undefined) continue
    refuseRepeated(body.bytes, body.envelope.json, [member])
    if (goes(value)) rest = withoutMember(rest, member)
  }
  return rest
}
