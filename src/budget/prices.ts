import type { Extras } from '../core/extras.ts'
import { costMicroUsd, type TokenPrices } from '../core/money.ts'
import { promptTokens, type Usage } from '../core/usage.ts'
import type { Rates } from './rates.ts'

/**
 * Prices of one model. A tier's prices hold for the whole request once its prompt is longer than `aboveTokens`;
 * tiers are sorted by `aboveTokens`, ascending.
 */
export interface ModelPrices {
  readonly base: TokenPrices
  readonly tiers: readonly PriceTier[]
  /** What calls of the vendor's own tools cost, where the operator says so. */
  readonly fees?: Partial<ToolFees>
  /** What the same tokens cost at another tier, speed or place; absent where nobody knows of any. */
  readonly rates?: Rates
}

/** Pico-dollars a call of a tool that the vendor runs by itself. */
export interface ToolFees {
  readonly webSearchPicoUsd: number
  readonly fileSearchPicoUsd: number
}

export const NO_FEES: ToolFees = Object.freeze({ webSearchPicoUsd: 0, fileSearchPicoUsd: 0 })

export interface PriceTier {
  readonly aboveTokens: number
  readonly prices: TokenPrices
}

/** The prices that hold for a prompt of this length. */
export function pricesFor(model: ModelPrices, promptTokenCount: number): TokenPrices {
  let prices = model.base
  for (const tier of model.tiers) {
    if (promptTokenCount > tier.aboveTokens) prices = tier.prices
  }
  return prices
}

/**
 * The prices of what is made at other than the plain tier, speed and place; of what has no multiple, those of the list.
 *
 * @param multipleMin for a worst case: who asks for a cheaper tier may be served by the plain one
 */
export function pricesAt(model: ModelPrices, names: readonly string[], multipleMin = 0): ModelPrices {
  const multiple = names.reduce((product, name) => product * (model.rates?.get(name) ?? 1), 1)
  return multiplied(model, Math.max(multiple, multipleMin))
}

/** So many times the price of every token. */
export function multiplied(model: ModelPrices, factor: number): ModelPrices {
  if (factor === 1) return model
  const tiers = model.tiers.map((tier) => ({ ...tier, prices: scaled(tier.prices, factor) }))
  return { ...model, base: scaled(model.base, factor), tiers }
}

function scaled(prices: TokenPrices, factor: number): TokenPrices {
  const media = prices.outputMediaPicoUsd
  return {
    inputPicoUsd: wholePico(prices.inputPicoUsd * factor),
    outputPicoUsd: wholePico(prices.outputPicoUsd * factor),
    cacheReadPicoUsd: wholePico(prices.cacheReadPicoUsd * factor),
    cacheWritePicoUsd: wholePico(prices.cacheWritePicoUsd * factor),
    cacheWrite1hPicoUsd: wholePico(prices.cacheWrite1hPicoUsd * factor),
    ...(media !== undefined && { outputMediaPicoUsd: wholePico(media * factor) }),
  }
}

/** Rounded up at the first digit that a double does not invent. */
function wholePico(pico: number): number {
  return Math.ceil(Math.round(pico * 1e3) / 1e3)
}

/**
 * Cost of one response in micro-dollars, by the tier that its own prompt reached, at what the answer says it was made
 * at, with the fees of tools.
 */
export function billMicroUsd(usage: Usage, model: ModelPrices, fees = NO_FEES): number {
  const { extras } = usage
  if (extras === undefined) return costMicroUsd(usage, pricesFor(model, promptTokens(usage)))
  const prices = pricesFor(pricesAt(model, extras.rates), promptTokens(usage))
  return costMicroUsd(usage, prices, feesPicoUsd(extras, fees) + mediaPicoUsd(extras, prices))
}

function feesPicoUsd({ webSearches, fileSearches }: Extras, fees: ToolFees): number {
  return webSearches * fees.webSearchPicoUsd + fileSearches * fees.fileSearchPicoUsd
}

/** What pictures and sound cost above the price of text, which they are charged like the rest of the output. */
function mediaPicoUsd(
  { mediaTokens }: Extras,
  { outputPicoUsd, outputMediaPicoUsd = outputPicoUsd }: TokenPrices,
): number {
  return mediaTokens * Math.max(0, outputMediaPicoUsd - outputPicoUsd)
}

/** Anthropic's rule where writes to the cache have a price: those for an hour cost twice the input (docs, 2025-08). */
const ONE_HOUR_WRITE_RATIO = 2

/**
 * Flat prices given in dollars per million tokens; absent cache prices are the input price, but for a write for an hour
 * where a shorter one has a price.
 */
export interface FlatPrices {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly cacheWrite1h?: number | undefined
  readonly outputMedia?: number | undefined
}

/** $1 per million tokens is 10⁶ pico-dollars per token. */
export function picoUsd(usdPerMillion: number): number {
  return wholePico(usdPerMillion * 1e6)
}

/** Fees given in dollars per thousand calls, of which $1 is 10⁹ pico-dollars a call. Only those that are given. */
export function toolFees(webSearchUsd: number | undefined, fileSearchUsd: number | undefined): Partial<ToolFees> {
  return {
    ...(webSearchUsd !== undefined && { webSearchPicoUsd: picoUsd(webSearchUsd) * 1_000 }),
    ...(fileSearchUsd !== undefined && { fileSearchPicoUsd: picoUsd(fileSearchUsd) * 1_000 }),
  }
}

export function flatPrices(usd: FlatPrices): TokenPrices {
  const cacheWrite = usd.cacheWrite ?? usd.input
  const cacheWrite1h = usd.cacheWrite === undefined ? usd.input : Math.max(cacheWrite, usd.input * ONE_HOUR_WRITE_RATIO)
  return {
    inputPicoUsd: picoUsd(usd.input),
    outputPicoUsd: picoUsd(usd.output),
    cacheReadPicoUsd: picoUsd(usd.cacheRead ?? usd.input),
    cacheWritePicoUsd: picoUsd(cacheWrite),
    cacheWrite1hPicoUsd: picoUsd(usd.cacheWrite1h ?? cacheWrite1h),
    ...(usd.outputMedia !== undefined && { outputMediaPicoUsd: picoUsd(usd.outputMedia) }),
  }
}

/** Of a model that costs nothing. */
export const FREE: ModelPrices = { base: flatPrices({ input: 0, output: 0 }), tiers: [] }
