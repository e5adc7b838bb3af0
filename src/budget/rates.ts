/** Multiples of list prices by the name of what an answer was made at: a tier of service, a speed, a country. */
export type Rates = ReadonlyMap<string, number>

const NONE: Rates = new Map()

/**
 * What vendors take for the same tokens at another tier, speed or place. The first row that fits a model, and is in force,
 * counts.
 *
 * @see Anthropic, "Fast mode" and "Data residency"; Google Cloud, "Claude Fable 5.2", fast mode; OpenAI, "Fast mode", once
 *   "Priority processing", "Flex processing", "Ultrafast mode" and "GPT-6.2 Sol": their prices over the standard ones; 2026-11
 */
const RATES: readonly (readonly [models: RegExp, rates: Rates, untilWallMs?: number])[] = [
  [/claude-opus-4[.-][67]/, rates({ fast: 6, us: 1.1 })],
  [/claude-(opus-(4[.-]8|5)|(fable|mythos)-5[.-]2)/, rates({ fast: 2, us: 1.1 })],
  [/claude-(sonnet-4[.-]6|(sonnet|haiku|fable|mythos)-5)/, rates({ us: 1.1 })],
  [/gpt-4\.1-nano/, rates(fast(2))],
  [/gpt-4\.1|gpt-4o-2024-05-13/, rates(fast(1.75))],
  [/gpt-4o-mini/, rates(fast(5 / 3))],
  [/gpt-4o/, rates(fast(1.7))],
  [/gpt-5-mini/, rates({ ...fast(1.8), flex: 0.5 })],
  [/gpt-5\.5/, rates({ ...fast(2.5), flex: 0.5 })],
  [/gpt-6\.2-sol/, rates({ ...fast(2), ultrafast: 3, flex: 0.5 }), Date.UTC(2027, 2)],
  [/gpt-6(-astra|\.2-sol)/, rates({ ...fast(2), ultrafast: 6, flex: 0.5 })],
  [/gpt-[5-9]/, rates({ ...fast(2), flex: 0.5 })],
  [/^(openai\/)?o3($|-20)/, rates({ ...fast(1.75), flex: 0.5 })],
  [/^(openai\/)?o4-mini/, rates({ ...fast(20 / 11), flex: 0.5 })],
]

function rates(multiples: Readonly<Record<string, number>>): Rates {
  return new Map(Object.entries(multiples))
}

/** One tier under two names. */
function fast(multiple: number): { readonly priority: number; readonly fast: number } {
  return { priority: multiple, fast: multiple }
}

/**
 * The multiples that are known of a model as of `wallMs`, by the name that its provider has for it. The price of one that
 * is fast by its name holds that multiple already.
 */
export function findRates(model: string, wallMs: number): Rates {
  const row = RATES.find(([models, , untilWallMs = wallMs + 1]) => wallMs < untilWallMs && models.test(model))
  const known = row?.[1] ?? NONE
  return plainName(model) === null ? known : new Map([...known].filter(([name]) => name !== 'fast'))
}

/**
 * The same model without its speed, where its name says that: Claude at Microsoft Foundry and OpenRouter; else `null`.
 *
 * @see Anthropic, "Fast mode", availability; 2026-11
 */
export function plainName(model: string): string | null {
  return model.includes('claude-') && model.endsWith(FAST) ? model.slice(0, -FAST.length) : null
}

const FAST = '-fast'
