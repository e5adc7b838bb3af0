import { readAccountName } from '../budget/account-name.ts'
import { type Estimate, inputTokensMax, worstCase } from '../budget/estimate.ts'
import { FREE, pricesAt } from '../budget/prices.ts'
import { priceUnknown } from '../budget/refusal.ts'
import type { Subject } from '../budget/rule.ts'
import type { Envelope, Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { OUTPUT_TOKENS_ASSUMED } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import { isPricedAt, pricesOf } from './bill.ts'
import { withMembers } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import { countMedia } from './media.ts'
import type { PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'
import { askedRates, withoutUnpriced } from './unpriced.ts'
import { likelyTokens } from './usage-estimate.ts'

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
    const priced = priceTargets(deps, body, targets, countsDollars)
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

/** The model counts under the name that its first provider knows it by: an alias is no way around a budget. */
export function subjectOf({ principal }: Pick<Exchange, 'principal'>, targets: readonly Target[]): Subject {
  const { keyId, user, team } = principal
  return { key: keyId, user, team, model: targets[0]?.model ?? '' }
}

/** Targets whose price is known, or all where nobody asks, each with what the request can cost there. */
interface Priced {
  readonly targets: readonly Target[]
  readonly estimates: readonly Estimate[]
}

/** @throws ProxyError `budget_exhausted` where dollars are counted and no price is known */
function priceTargets(
  { spending, clock }: PipelineDeps,
  body: RequestBody,
  all: readonly Target[],
  countsDollars: boolean,
): Priced {
  const inputTokens =
    inputTokensMax(body.bytes.byteLength, countMedia(body.envelope.outline)) + (body.tokensBefore ?? 0)
  const outputTokens = outputTokensMax(body.envelope, all)
  const rates = askedRates(body.envelope)
  const targets: Target[] = []
  const estimates: Estimate[] = []
  for (const target of all) {
    // Budgets of tokens and requests do not ask what a token costs.
    const prices = countsDollars ? pricesOf(spending.prices, target, clock.wallMs()) : FREE
    if (prices === null) continue
    targets.push(target)
    estimates.push(worstCase(inputTokens, outputTokens, pricesAt(prices, rates, 1)))
  }
  const [first] = all
  if (targets.length === 0 && first !== undefined) throw priceUnknown(first.provider.id, first.model)
  return { targets, estimates }
}

/** The dearest of each part, over several targets. */
export function dearest(estimates: readonly Estimate[]): Estimate {
  const [first = NOTHING] = estimates
  if (estimates.length <= 1) return first
  const most = { ...first }
  for (const one of estimates) {
    most.inputTokens = Math.max(most.inputTokens, one.inputTokens)
    most.inputMicroUsd = Math.max(most.inputMicroUsd, one.inputMicroUsd)
    most.outputTokens = Math.max(most.outputTokens, one.outputTokens)
    most.outputPicoUsd = Math.max(most.outputPicoUsd, one.outputPicoUsd)
  }
  return most
}

const NOTHING: Estimate = { inputTokens: 0, inputMicroUsd: 0, outputTokens: 0, outputPicoUsd: 0 }

/** All answers of a request together: as long as it asks for, or as is assumed where it does not say. */
export function outputTokensMax(envelope: Envelope, targets: readonly Target[]): number {
  return (outputLimit(envelope) ?? assumedLimit(targets)) * answerCount(envelope)
}

/** The longest answer the client asks for, under whichever of its names. */
function outputLimit({ maxOutputTokens, json }: Envelope): number | null {
  if (maxOutputTokens === null) return null
  return typeof json.max_tokens === 'number' ? Math.max(maxOutputTokens, json.max_tokens) : maxOutputTokens
}

function assumedLimit(targets: readonly Target[]): number {
  let limit = OUTPUT_TOKENS_ASSUMED
  for (const { provider } of targets) limit = Math.min(limit, provider.quirks.maxOutputTokensCap ?? limit)
  return limit
}

/** Chat clients may ask for several answers at once, each as long as the limit. */
function answerCount({ json }: Envelope): number {
  return typeof json.n === 'number' && Number.isSafeInteger(json.n) && json.n > 1 ? json.n : 1
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
