import { z } from 'zod'
import { GLOBAL_ID, hasPlainStar, isWithoutGlobalId, PLAIN_STAR, refuseTwice } from './config-entries.ts'
import { accountName, BUDGET_UNITS, SCOPE_KINDS } from './rule.ts'
import { WINDOW_KINDS } from './window.ts'

const SOFT_RATIO = 0.8

const capSchema = z.number().nonnegative()

/** One entry of `budgets:`. */
const budgetSchema = z
  .strictObject({
    scope: z.enum(SCOPE_KINDS).describe('What the limit is about: one key, user, team, model, or everything (global).'),
    match: z
      .string()
      .min(1)
      .max(200)
      .default('*')
      .describe(
        'Id within the scope; "*" (default) gives every id a budget of its own. Of the scope "model" it may end in "*": all that begin so share one.',
      ),
    window: z.enum(WINDOW_KINDS).describe('Period in UTC after which the limit starts anew; a week begins on Monday.'),
    usd: capSchema.max(1e9).optional().describe('Limit in US dollars; 0 blocks.'),
    tokens: capSchema.int().max(1e15).optional().describe('Limit in tokens: prompt, cache and output together.'),
    requests: capSchema.int().max(1e12).optional().describe('Limit in requests.'),
    softRatio: z
      .number()
      .min(0)
      .max(1)
      .default(SOFT_RATIO)
      .describe('Share of the limit (0-1) at which the soft alert is raised; default 0.8. Requests still pass.'),
  })
  .refine((budget) => BUDGET_UNITS.some((unit) => budget[unit] !== undefined), {
    message: 'needs at least one of "usd", "tokens", "requests"',
  })
  .refine(isWithoutGlobalId, GLOBAL_ID)
  .refine(hasPlainStar, PLAIN_STAR)

/** The section `budgets:`. Two entries that limit the same thing in the same period are refused, and both are named. */
export const budgetsSchema = z
  .array(budgetSchema)
  .max(1_000)
  .default([])
  .superRefine(
    refuseTwice(
      'budgets',
      BUDGET_UNITS,
      ({ scope, match, window }: z.output<typeof budgetSchema>, unit) =>
        `limit ${accountName(scope, match, { window, unit })}`,
    ),
  )

const usdPerMillion = z.number().nonnegative().max(1e6)

/** Prices of one model in dollars per million tokens. */
const priceSchema = z.strictObject({
  input: usdPerMillion.describe('Dollars per million uncached prompt tokens.'),
  output: usdPerMillion.describe('Dollars per million output tokens, thinking included.'),
  cacheRead: usdPerMillion
    .optional()
    .describe('Dollars per million tokens read from the prompt cache; default: input.'),
  cacheWrite: usdPerMillion.optional().describe('Dollars per million tokens written to it; default: input.'),
  cacheWrite1h: usdPerMillion
    .optional()
    .describe(
      'The same for the one-hour lifetime; default: twice input, or cacheWrite if that is more, where cacheWrite is given; else input.',
    ),
  outputMedia: usdPerMillion
    .optional()
    .describe('Dollars per million output tokens that are pictures or sound; default: output.'),
})

const usdPerThousand = z.number().nonnegative().max(1e6)

const modelPriceSchema = priceSchema.extend({
  tiers: z
    .array(
      priceSchema.extend({ aboveTokens: z.int().nonnegative().describe('Prompts longer than this pay the tier.') }),
    )
    .max(16)
    .default([])
    .describe('Prices of long prompts; they hold for the whole request.'),
  webSearch: usdPerThousand
    .optional()
    .describe(
      'Dollars per thousand searches that the provider makes by itself; default: by the built-in table, or none.',
    ),
  rates: z
    .record(z.string().min(1).max(64), z.number().nonnegative().max(100))
    .optional()
    .describe(
      'Multiples of these prices by the service_tier, speed or inference_geo that an answer says it was made at, such as { priority: 2, flex: 0.5, us: 1.1 }; default: those that are known of the model.',
    ),
  fileSearch: usdPerThousand.optional().describe('The same for searches in files it keeps.'),
})

/** The section `prices:`. Names are `provider/model`, a model, or a pattern with `*`; they win over the built-in table. */
export const pricesSchema = z
  .strictObject({
    models: z
      .record(z.string().min(1).max(200), modelPriceSchema)
      .default({})
      .describe(
        'Prices by "provider/model", model, or a pattern with "*"; the most exact wins over the built-in table.',
      ),
    ceiling: priceSchema
      .optional()
      .describe(
        'What a model of unknown price is assumed to cost; without it such a model is refused under a dollar budget.',
      ),
  })
  .default({ models: {} })

export type BudgetEntry = z.infer<typeof budgetSchema>
export type PriceEntry = z.infer<typeof modelPriceSchema>
