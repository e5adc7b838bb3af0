import { z } from 'zod'
import { GLOBAL_ID, hasPlainStar, isWithoutGlobalId, PLAIN_STAR, refuseTwice } from './config-entries.ts'
import { LIMIT_UNITS } from './limit-rule.ts'
import { SCOPE_KINDS } from './rule.ts'

const limit = z.int().nonnegative().max(1e12).optional()

/** One entry of `limits:`. */
const limitSchema = z
  .strictObject({
    scope: z.enum(SCOPE_KINDS).describe('What is limited: each key, user, team or model, or everybody (global).'),
    match: z
      .string()
      .min(1)
      .max(200)
      .default('*')
      .describe(
        'Id within the scope; "*" (default) limits every id for itself. Of the scope "model" it may end in "*": all that begin so together.',
      ),
    requestsPerMinute: limit.describe('Requests per minute, refilled evenly; a burst of that many is fine. 0 blocks.'),
    tokensPerMinute: limit.describe('Tokens per minute, prompt and output together.'),
    concurrentRequests: limit.describe('Requests at the same time, streams included.'),
  })
  .refine((entry) => LIMIT_UNITS.some((unit) => entry[unit] !== undefined), {
    message: `needs at least one of ${LIMIT_UNITS.map((unit) => `"${unit}"`).join(', ')}`,
  })
  .refine(isWithoutGlobalId, GLOBAL_ID)
  .refine(hasPlainStar, PLAIN_STAR)

/** The section `limits:`. Two entries that set the same limit are refused, and both are named. */
export const limitsSchema = z
  .array(limitSchema)
  .max(1_000)
  .superRefine(
    refuseTwice(
      'limits',
      LIMIT_UNITS,
      ({ scope, match }: z.output<typeof limitSchema>, unit) => `set ${unit} of ${scope}:${match}`,
    ),
  )

export type LimitEntry = z.output<typeof limitSchema>
