import type { Usage } from './usage.ts'

/**
 * Prices of one model in pico-dollars (10⁻¹² $) per token, integers: $3 per million tokens is 3,000,000.
 * Integers make a sum exact, so that a ledger adds up to the last micro-dollar.
 */
export interface TokenPrices {
  readonly inputPicoUsd: number
  readonly cacheReadPicoUsd: number
  readonly cacheWritePicoUsd: number
  readonly cacheWrite1hPicoUsd: number
  readonly outputPicoUsd: number
  /** Of an output token that is a picture or sound; absent: as of any other. */
  readonly outputMediaPicoUsd?: number
}

const PICO_PER_MICRO = 1_000_000

/**
 * Cost of one response in integer micro-dollars (10⁻⁶ $): an exact dot product, rounded up once.
 *
 * For example, 1,000 input tokens at $3/M and 1 output token at $15/M are
 * 1,000·3,000,000 + 1·15,000,000 = 3,015,000,000 p$ = 3,015 µ$.
 * Exact up to 2⁵³ p$ ($9,007) for one response; beyond that the sum is made in BigInt.
 *
 * @param feesPicoUsd what is billed beside the tokens
 */
export function costMicroUsd(usage: Usage, prices: TokenPrices, feesPicoUsd = 0): number {
  const write5mTokens = usage.cacheWriteTokens - usage.cacheWrite1hTokens
  const picoUsd =
    usage.inputTokens * prices.inputPicoUsd +
    usage.cacheReadTokens * prices.cacheReadPicoUsd +
    write5mTokens * prices.cacheWritePicoUsd +
    usage.cacheWrite1hTokens * prices.cacheWrite1hPicoUsd +
    usage.outputTokens * prices.outputPicoUsd +
    feesPicoUsd
  if (picoUsd <= Number.MAX_SAFE_INTEGER) return Math.ceil(picoUsd / PICO_PER_MICRO)
  return exactCostMicroUsd(usage, prices, feesPicoUsd)
}

function exactCostMicroUsd(usage: Usage, prices: TokenPrices, feesPicoUsd: number): number {
  const product = (tokens: number, picoUsd: number): bigint => BigInt(tokens) * BigInt(picoUsd)
  const picoUsd =
    product(usage.inputTokens, prices.inputPicoUsd) +
    product(usage.cacheReadTokens, prices.cacheReadPicoUsd) +
    product(usage.cacheWriteTokens - usage.cacheWrite1hTokens, prices.cacheWritePicoUsd) +
    product(usage.cacheWrite1hTokens, prices.cacheWrite1hPicoUsd) +
    product(usage.outputTokens, prices.outputPicoUsd) +
    BigInt(feesPicoUsd)
  const perMicro = BigInt(PICO_PER_MICRO)
  return Number((picoUsd + perMicro - 1n) / perMicro)
}
