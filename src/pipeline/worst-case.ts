import { type Estimate, estimatedAmounts, inputTokensMax, worstCase } from '../budget/estimate.ts'
import type { PriceBook } from '../budget/price-book.ts'
import { FREE, type ModelPrices, pricesAt } from '../budget/prices.ts'
import type { Envelope, Surface } from '../core/dialect.ts'
import { OUTPUT_TOKENS_ASSUMED } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import type { VendorCalls } from '../core/vendor-calls.ts'
import { pricesOf } from './bill.ts'
import { countMedia } from './media.ts'
import type { RequestBody } from './request-body.ts'
import { askedRates } from './unpriced.ts'

/** What of a request decides the most that it can cost. */
export interface Asked {
  readonly dialect: Surface['id']
  readonly inputTokens: number
  /** Of all answers together. */
  readonly outputTokens: number
  readonly rates: readonly string[]
  readonly calls: VendorCalls | null
}

export function askedOf(surface: Surface, body: RequestBody, targets: readonly Target[]): Asked {
  const { envelope } = body
  return {
    dialect: surface.id,
    inputTokens: inputTokensMax(body.bytes.byteLength, countMedia(envelope.outline)) + (body.tokensBefore ?? 0),
    outputTokens: (outputLimit(envelope) ?? assumedLimit(targets)) * answerCount(envelope),
    rates: askedRates(envelope),
    calls: surface.vendorCalls?.(envelope) ?? null,
  }
}

/**
 * The most that a request can cost at a target. Tools that the vendor runs by itself go to a server of the same dialect alone.
 *
 * @param book `null` where no dollars are counted: budgets of tokens and requests do not ask what a token costs
 * @returns `null` if nobody knows the price
 */
export function worstAt(asked: Asked, target: Target, book: PriceBook | null, wallMs: number): Estimate | null {
  const { dialect, inputTokens, outputTokens, rates, calls } = asked
  const prices = book === null ? FREE : pricesOf(book, target, wallMs)
  if (prices === null) return null
  const worst = worstCase(inputTokens, outputTokens, pricesAt(prices, rates, 1))
  if (calls === null || target.provider.dialect !== dialect) return worst
  return withCalls(worst, calls, {
    feesPicoUsd: book === null ? 0 : feesPicoUsd(book, target, calls, wallMs),
    pricesAsked: (model) => {
      const own = book === null || model === '' ? null : pricesOf(book, { ...target, model }, wallMs)
      return pricesAt(own ?? prices, rates, 1)
    },
  })
}

function feesPicoUsd(book: PriceBook, { provider, model }: Target, calls: VendorCalls, wallMs: number): number {
  if (calls.webSearches + calls.fileSearches === 0) return 0
  const { webSearchPicoUsd, fileSearchPicoUsd } = book.fees(provider.id, model, wallMs, provider.row)
  return calls.webSearches * webSearchPicoUsd + calls.fileSearches * fileSearchPicoUsd
}

const PICO_PER_MICRO = 1_000_000

/** An advisor reads all of the prompt, and of the answer what there is by then, each time. */
function withCalls(
  worst: Estimate,
  { advisors }: VendorCalls,
  { feesPicoUsd, pricesAsked }: { readonly feesPicoUsd: number; readonly pricesAsked: (model: string) => ModelPrices },
): Estimate {
  let inputTokens = worst.inputTokens
  let inputMicroUsd = worst.inputMicroUsd + Math.ceil(feesPicoUsd / PICO_PER_MICRO)
  for (const { model, calls, outputTokens } of advisors) {
    const once = estimatedAmounts(worstCase(worst.inputTokens + worst.outputTokens, outputTokens, pricesAsked(model)))
    inputTokens += calls * once.tokens
    inputMicroUsd += calls * once.microUsd
  }
  return { ...worst, inputTokens, inputMicroUsd }
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

/** The longest answer the client asks for, under whichever of its names. */
export function outputLimit({ maxOutputTokens, json }: Envelope): number | null {
  if (maxOutputTokens === null) return null
  return typeof json.max_tokens === 'number' ? Math.max(maxOutputTokens, json.max_tokens) : maxOutputTokens
}

function assumedLimit(targets: readonly Target[]): number {
  let limit = OUTPUT_TOKENS_ASSUMED
  for (const { provider } of targets) limit = Math.min(limit, provider.quirks.maxOutputTokensCap ?? limit)
  return limit
}

/** Chat clients may ask for several answers at once, each as long as the limit. */
export function answerCount({ json }: Envelope): number {
  return typeof json.n === 'number' && Number.isSafeInteger(json.n) && json.n > 1 ? json.n : 1
}
