import type { Envelope } from '../core/dialect.ts'
import { extrasOf, rateNames } from '../core/extras.ts'
import type { Usage } from '../core/usage.ts'
import { withoutMember } from './edit-body.ts'
import { DEAR_TIERS, FALLBACKS } from './member-names.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import type { RequestBody } from './request-body.ts'

/** What budgets ask of a request. */
export interface Counted {
  readonly countsSpending: boolean
  readonly countsDollars: boolean
  /** Whether it is known, of every place that the request may go to, what a tier of service costs there. */
  isPriced(tier: unknown): boolean
}

/**
 * A request without what could cost more than is set aside for it:
 *
 * - where spending counts, the models that a vendor would fall back on by itself: each has a price and perhaps an output
 *   limit of its own, and `"default"` could be any, so that what they would cost cannot be set aside;
 * - where dollars count, a tier of service, or a speed, at which the same tokens may cost a multiple that nobody knows.
 *
 * @throws ProxyError `invalid_request` if such a member occurs twice
 */
export function withoutUnpriced(asked: RequestBody, { countsSpending, countsDollars, isPriced }: Counted): RequestBody {
  const body = countsSpending ? leaveOut(asked, FALLBACKS, () => true) : asked
  return countsDollars ? leaveOut(body, DEAR_TIERS, (tier) => !PLAIN_TIERS.has(tier) && !isPriced(tier)) : body
}

/** Members that choose the rate at which an answer is billed. */
const RATED = [...DEAR_TIERS, 'inference_geo']

/**
 * Names of the rates at which a request asks to be billed, such as `priority`.
 *
 * @param dropped members that did not go to the server
 */
export function askedRates(
  { outline }: Pick<Envelope, 'outline'>,
  dropped: readonly string[] = NONE,
): readonly string[] {
  let asked: readonly string[] = NONE
  for (const member of RATED) {
    const value = outline[member]
    if (value !== undefined && !dropped.includes(member)) asked = [...asked, ...rateNames(value)]
  }
  return asked
}

/** Most requests have none. */
const NONE: readonly string[] = Object.freeze([])

/**
 * The usage that is charged. If the end of the answer was not heard, the rates that the request asked for are taken, unless
 * the answer has named its own.
 */
export function chargedUsage(
  { usage, isUsageEstimated }: { readonly usage: Usage | null; readonly isUsageEstimated: boolean },
  envelope: Pick<Envelope, 'outline'> | null,
  dropped: readonly string[],
): Usage | null {
  if (!isUsageEstimated || usage === null || envelope === null) return usage
  const { extras } = usage
  if (extras !== undefined && extras.rates.length > 0) return usage
  return { ...usage, ...extrasOf({ ...extras, rates: askedRates(envelope, dropped) }) }
}

/** Tiers that cost what the table of prices says, or less. Any other, also one that comes next year, may cost more. */
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

/** @param goes whether a member with this value is left out */
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
