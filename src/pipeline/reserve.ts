import { type Estimate, inputTokensMax, worstCase } from '../budget/estimate.ts'
import type { ModelPrices } from '../budget/prices.ts'
import { priceUnknown } from '../budget/refusal.ts'
import { SCOPE_KINDS, type Subject } from '../budget/rule.ts'
import type { Envelope } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { OUTPUT_TOKENS_ASSUMED } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import { pricesOf } from './bill.ts'
import type { Exchange } from './exchange.ts'
import { countMedia } from './media.ts'
import { likelyTokens } from './permitted.ts'
import type { PipelineDeps } from './ports.ts'
import { type RequestBody, spliceMembers, withMembers } from './request-body.ts'

/** A request whose worst case is set aside, and where it may go for that. */
export interface Reserved {
  readonly body: RequestBody
  readonly targets: readonly Target[]
}

/**
 * Sets aside what the request can cost at the dearest of its targets, where a budget counts it. A missing output limit,
 * or one that nobody can pay for, is written into the request. Targets whose price nobody knows are left out under a
 * budget of dollars.
 *
 * Every way to spend goes through here, so that the limits of its model are asked here too.
 *
 * @throws ProxyError `budget_exhausted`, `rate_limited`
 */
export async function reserve(
  deps: PipelineDeps,
  exchange: Exchange,
  body: RequestBody,
  targets: readonly Target[],
): Promise<Reserved> {
  const { gate, listener, limits } = deps.spending
  const subject = subjectOf(exchange, targets)
  const limited = limits.ofModel(subject.model)
  if (limited.length > 0) await exchange.bill.limit(limited, likelyTokens(body.bytes.byteLength))
  if (!gate.applies(subject)) return { body, targets }
  const startedMs = exchange.elapsedMs()
  try {
    const priced = gate.countsDollars(subject) ? knownPrices(deps, targets) : targets.map(withoutPrice)
    const answers = answerCount(body.envelope)
    const asked = outputLimit(body.envelope)
    const inputTokens =
      inputTokensMax(body.bytes.byteLength, countMedia(body.envelope.outline)) + (body.tokensBefore ?? 0)
    const outputTokens = outputTokensMax(body.envelope, targets)
    const estimate = dearest(priced.map(({ prices }) => worstCase(inputTokens, outputTokens, prices)))
    const granted = await exchange.bill.reserve(subject, estimate)
    exchange.decided('budget', 'reserved', startedMs)
    const limit = Math.floor(granted / answers)
    const reserved = limit === asked ? body : limitOutput(exchange, body, limit)
    return { body: reserved, targets: priced.map(({ target }) => target) }
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

interface Priced {
  readonly target: Target
  readonly prices: ModelPrices
}

function knownPrices({ spending, clock }: PipelineDeps, targets: readonly Target[]): readonly Priced[] {
  const priced = targets.flatMap((target) => {
    const prices = pricesOf(spending.prices, target, clock.wallMs())
    return prices === null ? [] : [{ target, prices }]
  })
  const [first] = targets
  if (priced.length === 0 && first !== undefined) throw priceUnknown(first.provider.id, first.model)
  return priced
}

/** Of a model that costs nothing. */
export const FREE: ModelPrices = {
  base: { inputPicoUsd: 0, cacheReadPicoUsd: 0, cacheWritePicoUsd: 0, cacheWrite1hPicoUsd: 0, outputPicoUsd: 0 },
  tiers: [],
}

/** Budgets of tokens and requests do not ask what a token costs. */
function withoutPrice(target: Target): Priced {
  return { target, prices: FREE }
}

/** The dearest of each part, over several targets. */
export function dearest([first, ...others]: readonly Estimate[]): Estimate {
  const most = { ...(first ?? NOTHING) }
  for (const one of others) {
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
  return Math.min(
    OUTPUT_TOKENS_ASSUMED,
    ...targets.map(({ provider }) => provider.quirks.maxOutputTokensCap ?? OUTPUT_TOKENS_ASSUMED),
  )
}

/** Chat clients may ask for several answers at once, each as long as the limit. */
function answerCount({ json }: Envelope): number {
  return typeof json.n === 'number' && Number.isSafeInteger(json.n) && json.n > 1 ? json.n : 1
}

function limitOutput({ inbound }: Exchange, { bytes, envelope }: RequestBody, limit: number): RequestBody {
  const members = inbound.surface.limitOutput(envelope, limit)
  return {
    bytes: spliceMembers(bytes, members),
    envelope: { ...withMembers(envelope, members), maxOutputTokens: limit },
  }
}

function scopeOf({ detail }: ProxyError) {
  const account = String(detail.facts?.account ?? '')
  return SCOPE_KINDS.find((scope) => account.startsWith(`${scope}:`)) ?? null
}
