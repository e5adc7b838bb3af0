import { costMicroUsd, type TokenPrices } from '../core/money.ts'
import { promptTokens, type Usage } from '../core/usage.ts'

/**
 * Prices of one model. A tier's prices hold for the whole request once its prompt is longer than `aboveTokens`;
 * tiers are sorted by `aboveTokens`, ascending.
 */
export interface ModelPrices {
  readonly base: TokenPrices
  readonly tiers: readonly PriceTier[]
}

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

/** Cost of one response in micro-dollars, by the tier that its own prompt reached. */
export function billMicroUsd(usage: Usage, model: ModelPrices): number {
  return costMicroUsd(usage, pricesFor(model, promptTokens(usage)))
}

/** Flat prices given in dollars per million tokens; absent cache prices are the input price. */
export interface FlatPrices {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly cacheWrite1h?: number | undefined
}

/** $1 per million tokens is 10⁶ pico-dollars per token. Rounded up at the first digit a double does not invent. */
export function picoUsd(usdPerMillion: number): number {
  return Math.ceil(Math.round(usdPerMillion * 1e9) / 1e3)
}

export function flatPrices(usd: FlatPrices): TokenPrices {
  const cacheWrite = usd.cacheWrite ?? usd.input
  return {
    inputPicoUsd: picoUsd(usd.input),
    outputPicoUsd: picoUsd(usd.output),
    cacheReadPicoUsd: picoUsd(usd.cacheRead ?? usd.input),
    cacheWritePicoUsd: picoUsd(cacheWrite),
    cacheWrite1hPicoUsd: picoUsd(usd.cacheWrite1h ?? cacheWrite),
  }
}

/** Of a model that costs nothing. */
export const FREE: ModelPrices = { base: flatPrices({ input: 0, output: 0 }), tiers: [] }
