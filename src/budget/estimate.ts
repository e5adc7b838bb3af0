import type { TokenPrices } from '../core/money.ts'
import type { ModelPrices } from './prices.ts'
import type { Slice } from './slice.ts'

/** Tokens that providers add around a request: tool preamble, message frames, and the like. Real ones stay under 1,000. */
const ENVELOPE_TOKENS = 1_024

/** Most tokens that one image, page or linked file of ordinary size has been billed at, beyond its bytes in the body. */
const MEDIA_TOKENS = 5_000

const PICO_PER_MICRO = 1_000_000

/** The most that a request can cost, split where the output limit can still be lowered. Tokens and micro-dollars. */
export interface Estimate {
  readonly inputTokens: number
  readonly inputMicroUsd: number
  readonly outputTokens: number
  /** Dearest price of one output token in pico-dollars. */
  readonly outputPicoUsd: number
}

/**
 * No tokenizer makes more tokens than there are bytes, so the body's length bounds the text; media count apart.
 *
 * @param bodyBytes  length of the request body
 * @param mediaCount images, documents and linked files in it
 */
export function inputTokensMax(bodyBytes: number, mediaCount: number): number {
  return bodyBytes + ENVELOPE_TOKENS + mediaCount * MEDIA_TOKENS
}

/**
 * Worst case: every prompt token at the dearest of input and cache-write prices, in the dearest tier that the prompt
 * could reach.
 *
 * Worked: 1,000 tokens in at $3.75/M (cache write) and 100 out at $15/M are 3,750 µ$ + 1,500 µ$.
 */
export function worstCase(inputTokens: number, outputTokens: number, model: ModelPrices): Estimate {
  let inputPicoUsd = dearestInput(model.base)
  let outputPicoUsd = dearestOutput(model.base)
  for (const { aboveTokens, prices } of model.tiers) {
    if (inputTokens <= aboveTokens) continue
    inputPicoUsd = Math.max(inputPicoUsd, dearestInput(prices))
    outputPicoUsd = Math.max(outputPicoUsd, dearestOutput(prices))
  }
  return { inputTokens, inputMicroUsd: microUsd(inputTokens, inputPicoUsd), outputTokens, outputPicoUsd }
}

/** Micro-dollars that `tokens` cost at most, rounded up. */
export function microUsd(tokens: number, picoUsdPerToken: number): number {
  const picoUsd = tokens * picoUsdPerToken
  if (picoUsd <= Number.MAX_SAFE_INTEGER) return Math.ceil(picoUsd / PICO_PER_MICRO)
  return Number((BigInt(tokens) * BigInt(picoUsdPerToken) + 999_999n) / 1_000_000n)
}

/** Largest output whose cost fits into `freeMicroUsd`; the exact inverse of `microUsd`. */
export function affordableTokens(freeMicroUsd: number, picoUsdPerToken: number): number {
  if (freeMicroUsd <= 0) return 0
  if (picoUsdPerToken === 0) return Number.MAX_SAFE_INTEGER
  return Number((BigInt(freeMicroUsd) * 1_000_000n) / BigInt(picoUsdPerToken))
}

function dearestInput(prices: TokenPrices): number {
  return Math.max(prices.inputPicoUsd, prices.cacheReadPicoUsd, prices.cacheWritePicoUsd, prices.cacheWrite1hPicoUsd)
}

function dearestOutput({ outputPicoUsd, outputMediaPicoUsd = 0 }: TokenPrices): number {
  return Math.max(outputPicoUsd, outputMediaPicoUsd)
}

/** What one request costs or may cost, in the units of budgets; of requests it is one. */
export interface Amounts {
  readonly microUsd: number
  readonly tokens: number
}

export function estimatedAmounts(estimate: Estimate): Amounts {
  return {
    microUsd: estimate.inputMicroUsd + microUsd(estimate.outputTokens, estimate.outputPicoUsd),
    tokens: estimate.inputTokens + estimate.outputTokens,
  }
}

/** What one request takes from an account, in the account's unit. */
export function amountOf(slice: Slice, amounts: Amounts): number {
  switch (slice.account.rule.unit) {
    case 'usd':
      return amounts.microUsd
    case 'tokens':
      return amounts.tokens
    case 'requests':
      return 1
  }
}

/** A shorter answer than this is no answer; below it a request is refused instead of clamped. */
export const CLAMPED_TOKENS_MIN = 256

/**
 * Longest output that every account can still pay for; 0 if one cannot even pay for the input.
 *
 * @param available per slice, what its bucket can give, in its own unit
 */
export function clampOutput(slices: readonly Slice[], available: readonly number[], estimate: Estimate): number {
  return Math.max(0, Math.min(...slices.map((slice, i) => longestOutput(slice, available[i] ?? 0, estimate))))
}

function longestOutput(slice: Slice, free: number, estimate: Estimate): number {
  switch (slice.account.rule.unit) {
    case 'usd':
      return affordableTokens(free - estimate.inputMicroUsd, estimate.outputPicoUsd)
    case 'tokens':
      return free - estimate.inputTokens
    case 'requests':
      return free >= 1 ? Number.MAX_SAFE_INTEGER : 0
  }
}
