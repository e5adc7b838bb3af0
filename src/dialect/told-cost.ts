import { TOLD_USD_MAX } from '../core/limits.ts'

/**
 * What the server says that it takes for an answer, in micro-dollars, rounded up at the first digit that a double does not
 * invent; `null` where it does not say. With a key of one's own at a maker, that is a fee, and the maker's bill beside it.
 *
 * @param wire the usage, in whichever dialect
 * @see OpenRouter, "Usage accounting" and "Bring your own key", 2026
 */
export function toldCost(wire: Readonly<Record<string, unknown>>): number | null {
  if (!isUsd(wire.cost)) return null
  const upstream: unknown = Object(wire.cost_details).upstream_inference_cost
  const usd = wire.cost + (wire.is_byok === true && isUsd(upstream) ? upstream : 0)
  return Math.ceil(Math.round(usd * 1e9) / 1e3)
}

function isUsd(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= TOLD_USD_MAX
}
