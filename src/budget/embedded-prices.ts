import type { ModelPrice } from '@pydantic/genai-prices'
import { findNewerPrices } from './newer-prices.ts'
import { type FlatPrices, FREE, flatPrices, type ModelPrices, multiplied, type ToolFees, toolFees } from './prices.ts'
import { findRates, plainName } from './rates.ts'

/** The table's names of vendors that are not ours. */
const TABLE_VENDOR: ReadonlyMap<string, string> = new Map([
  ['bedrock', 'aws'],
  ['vertex', 'google'],
  ['gemini', 'google'],
  ['moonshot', 'moonshotai'],
  ['xai', 'x-ai'],
])

/** What OpenRouter serves for nothing, by the end of its name; the table leaves out what that costs. */
const GIVEN_AWAY = ':free'

/**
 * Prices from the table embedded at build time, as of `wallMs` (some prices begin at a date), and of models that are newer
 * than it.
 *
 * @param providers names of who serves the model, by which prices differ; where the table knows it at none of them, its
 *   name alone counts
 * @returns `null` if the table does not know the model, or has no price per token for it
 */
export function findEmbeddedPrices(providers: readonly string[], model: string, wallMs: number): ModelPrices | null {
  if (model.endsWith(GIVEN_AWAY) && providers.some((provider) => vendorOf(provider) === 'openrouter')) return FREE
  const plain = plainName(model)
  if (plain !== null) return fastPrices(findEmbeddedPrices(providers, plain, wallMs), plain, wallMs)
  const found = findAt(providers, model, wallMs) ?? findByName(model, wallMs)
  return found === null ? findNewerPrices(model) : toModelPrices(found)
}

function fastPrices(standard: ModelPrices | null, plain: string, wallMs: number): ModelPrices | null {
  const multiple = findRates(plain, wallMs).get('fast')
  return standard === null || multiple === undefined ? null : multiplied(standard, multiple)
}

/**
 * What each call of the vendor's own tools costs by the same table: where it does not say so for who serves the model,
 * what the maker of the model takes. Only what is known.
 */
export function findEmbeddedFees(providers: readonly string[], asked: string, wallMs: number): Partial<ToolFees> {
  const model = plainName(asked) ?? asked
  const table = { ...findByName(model, wallMs), ...findAt(providers, model, wallMs) }
  const known = toolFees(callPrice(table.web_searches_kcount), callPrice(table.storage_searches_kcount))
  return { ...findNewerPrices(model)?.fees, ...known }
}

/** A call is no token: it has one price. */
function callPrice(price: ModelPrice[string]): number | undefined {
  return typeof price === 'number' ? price : undefined
}

/** At the first of the vendors where the table knows the model. */
function findAt(providers: readonly string[], model: string, wallMs: number): ModelPrice | null {
  const { calcPrice } = loadTable()
  const timestamp = new Date(wallMs)
  for (const provider of providers) {
    const found = calcPrice({}, model, { providerId: vendorOf(provider), timestamp })
    if (found !== null) return found.model_price
  }
  return null
}

function findByName(model: string, wallMs: number): ModelPrice | null {
  const { calcPrice } = loadTable()
  const timestamp = new Date(wallMs)
  const bare = model.replace(/^(databricks-|system\.ai\.|([a-z-]+\.)?anthropic\.|[a-z0-9-]+\/)/, '')
  const found = calcPrice({}, model, { timestamp }) ?? (bare === model ? null : calcPrice({}, bare, { timestamp }))
  return found?.model_price ?? null
}

/** Names of rows begin with the vendor's: `bedrock-converse`. */
function vendorOf(provider: string): string {
  const [vendor = ''] = provider.split('-')
  return TABLE_VENDOR.get(vendor) ?? vendor
}

/** Loaded with the first question: a start need not wait for it. */
function loadTable(): typeof import('@pydantic/genai-prices') {
  return require('@pydantic/genai-prices')
}

function toModelPrices(table: ModelPrice): ModelPrices | null {
  const base = flatAt(table, 0)
  if (base === null) return null
  const edges = new Set<number>()
  for (const price of Object.values(table)) {
    if (typeof price === 'object') for (const tier of price.tiers) edges.add(tier.start)
  }
  const tiers = [...edges].sort((a, b) => a - b)
  return {
    base: flatPrices(base),
    tiers: tiers.map((aboveTokens) => ({ aboveTokens, prices: flatPrices(flatAt(table, aboveTokens + 1) ?? base) })),
  }
}

function flatAt(table: ModelPrice, promptTokens: number): FlatPrices | null {
  const at = (name: string): number | undefined => {
    const price = table[name]
    if (typeof price !== 'object') return price
    return price.tiers.reduce((value, tier) => (promptTokens > tier.start ? tier.price : value), price.base)
  }
  const input = at('input_mtok')
  // A model that only embeds makes no tokens.
  const output = at('output_mtok') ?? (Object.keys(table).some(isOutput) ? undefined : 0)
  if (input === undefined || output === undefined) return null
  return {
    input,
    output,
    cacheRead: at('cache_read_mtok'),
    cacheWrite: at('cache_write_5m_mtok') ?? at('cache_write_mtok'),
    cacheWrite1h: at('cache_write_1h_mtok'),
    outputMedia: at('output_image_mtok') ?? at('output_audio_mtok'),
  }
}

function isOutput(name: string): boolean {
  return name.startsWith('output_')
}
