import type { ModelPrice } from '@pydantic/genai-prices'
import { type FlatPrices, FREE, flatPrices, type ModelPrices } from './prices.ts'

/** Anthropic's rule where the table has no price of its own: an hour's cache write costs twice the input (docs, 2025-08). */
const ONE_HOUR_WRITE_RATIO = 2

/**
 * The table's names by what our provider ids begin with: every form of a vendor has the same bill. A provider that is
 * absent is looked up by model name alone.
 */
const TABLE_PROVIDER: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  azure: 'azure',
  bedrock: 'aws',
  vertex: 'google',
  gemini: 'google',
  openrouter: 'openrouter',
  mistral: 'mistral',
  groq: 'groq',
  deepseek: 'deepseek',
  moonshot: 'moonshotai',
  xai: 'x-ai',
  zai: 'zai',
}

/** What OpenRouter serves for nothing, by the end of its name; the table leaves out what that costs. */
const GIVEN_AWAY = ':free'

/**
 * Prices from the table embedded at build time, as of `wallMs` (some prices begin at a date).
 *
 * @param provider our row id; prices differ by who serves a model
 * @returns `null` if the table does not know the model, or has no price per token for it
 */
export function findEmbeddedPrices(provider: string, model: string, wallMs: number): ModelPrices | null {
  const providerId = tableProvider(provider)
  if (providerId === 'openrouter' && model.endsWith(GIVEN_AWAY)) return FREE
  const { calcPrice } = loadTable()
  const timestamp = new Date(wallMs)
  const bare = model.replace(/^(databricks-|[a-z-]+\.(?=anthropic\.)|[a-z0-9-]+\/)/, '')
  const found =
    (providerId && calcPrice({}, model, { providerId, timestamp })) ||
    calcPrice({}, model, { timestamp }) ||
    (bare !== model && calcPrice({}, bare, { timestamp }))
  return found ? toModelPrices(found.model_price) : null
}

function tableProvider(provider: string): string | undefined {
  const family = Object.keys(TABLE_PROVIDER).find((name) => provider === name || provider.startsWith(`${name}-`))
  return family && TABLE_PROVIDER[family]
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
  const cacheWrite = at('cache_write_5m_mtok') ?? at('cache_write_mtok')
  const dearest1h = cacheWrite === undefined ? undefined : Math.max(cacheWrite, input * ONE_HOUR_WRITE_RATIO)
  return {
    input,
    output,
    cacheRead: at('cache_read_mtok'),
    cacheWrite,
    cacheWrite1h: at('cache_write_1h_mtok') ?? dearest1h,
  }
}

function isOutput(name: string): boolean {
  return name.startsWith('output_')
}
