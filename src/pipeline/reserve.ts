import { readAccountName } from '../budget/account-name.ts'
import type { Estimate } from '../budget/estimate.ts'
import { priceUnknown } from '../budget/refusal.ts'
import type { Subject } from '../budget/rule.ts'
import type { Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { withoutRoutingVariant } from '../core/routing-variant.ts'
import type { Target } from '../core/target.ts'
import { isPricedAt } from './bill.ts'
import { withMembers } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import type { PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'
import { withoutUnpriced } from './unpriced.ts'
import { likelyTokens } from './usage-estimate.ts'
import { answerCount, askedOf, dearest, outputLimit, worstAt } from './worst-case.ts'

/** A request whose worst case is set aside, and where it may go for that. */
export interface Reserved {
  readonly body: RequestBody
  readonly targets: readonly Target[]
}

/**
 * Sets aside what the request can cost at the dearest of its targets, where a budget counts it. A missing output limit,
 * or one that nobody can pay for, is written into the request; what could cost more than that is left out. Targets whose
 * price nobody knows are left out under a budget of dollars.
 *
 * Every way to spend goes through here, so that the limits of its model are asked here too.
 *
 * @throws ProxyError `budget_exhausted`, `rate_limited`
 */
export async function reserve(
  deps: PipelineDeps,
  exchange: Exchange,
  asked: RequestBody,
  targets: readonly Target[],
): Promise<Reserved> {
  const { gate, listener, limits } = deps.spending
  const subject = subjectOf(exchange, targets)
  const limited = limits.ofModel(subject.model)
  if (limited.length > 0) await exchange.bill.limit(limited, likelyTokens(asked.bytes.byteLength))
  const countsDollars = gate.countsDollars(subject)
  const isPriced = isPricedAt(deps.spending.prices, targets, deps.clock.wallMs())
  const body = withoutUnpriced(asked, { countsSpending: gate.countsSpending(subject), countsDollars, isPriced })
  if (!gate.applies(subject)) return { body, targets }
  const startedMs = exchange.elapsedMs()
  try {
    const priced = priceTargets(deps, exchange.inbound.surface, { body, all: targets, countsDollars })
    const reserving = exchange.bill.reserve(subject, dearest(priced.estimates))
    const granted = typeof reserving === 'number' ? reserving : await reserving
    exchange.decided('budget', 'reserved', startedMs)
    return { body: withOutputLimit(exchange.inbound.surface, body, granted), targets: priced.targets }
  } catch (thrown) {
    exchange.decided('budget', 'refused', startedMs)
    if (thrown instanceof ProxyError) listener.onRefused(scopeOf(thrown))
    throw thrown
  }
}

/**
 * The model counts under the name that its first provider knows it by, less what only chooses who serves it: neither an
 * alias nor `:nitro` is a way around a budget.
 */
export function subjectOf({ principal }: Pick<Exchange, 'principal'>, targets: readonly Target[]): Subject {
  const { keyId, user, team } = principal
  return { key: keyId, user, team, model: withoutRoutingVariant(targets[0]?.model ?? '') }
}

/** Targets whose price is known, or all where nobody asks, each with what the request can cost there. */
interface Priced {
  readonly targets: readonly Target[]
  readonly estimates: readonly Estimate[]
}

/** @throws ProxyError `budget_exhausted` where dollars are counted and no price is known */
function priceTargets(
  { spending, clock }: PipelineDeps,
  surface: Surface,
  { body, all, countsDollars }: { body: RequestBody; all: readonly Target[]; countsDollars: boolean },
): Priced {
  const asked = askedOf(surface, body, all)
  const targets: Target[] = []
  const estimates: Estimate[] = []
  for (const target of all) {
    // Budgets of tokens and requests do not ask what a token costs.
    const estimate = worstAt(asked, target, countsDollars ? spending.prices : null, clock.wallMs())
    if (estimate === null) continue
    targets.push(target)
    estimates.push(estimate)
  }
  const [first] = all
  if (targets.length === 0 && first !== undefined) throw priceUnknown(first.provider.id, first.model)
  return { targets, estimates }
}

/** The body with the output tokens that were granted for all of its answers, where it does not ask for just that. */
export function withOutputLimit(surface: Surface, body: RequestBody, granted: number): RequestBody {
  const { envelope } = body
  const limit = Math.floor(granted / answerCount(envelope))
  if (limit === outputLimit(envelope)) return body
  const limited = withMembers(body, surface.limitOutput(envelope, limit))
  return { ...limited, envelope: { ...limited.envelope, maxOutputTokens: limit } }
}

function scopeOf({ detail }: ProxyError) {
  return readAccountName(String(detail.facts?.account ?? '')).scope ?? null
}
