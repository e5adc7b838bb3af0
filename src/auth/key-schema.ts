import { z } from 'zod'
import { patternProblem } from '../core/access-list.ts'
import { SURFACE_LABELS } from '../core/record.ts'
import { REQUEST_CLASSES } from '../core/request-class.ts'

const text = z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters')
/** PostgreSQL holds no NUL and no half of a character: a budget of such a user could never be written. */
const name = text.refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'has characters no name can have')
const oneOf = (values: readonly string[]): string => `must be one of ${values.join(', ')}`
const names = z.array(name).max(1_000).default([])
const pattern = text.superRefine((value, context) => {
  const problem = patternProblem(value)
  if (problem !== null) context.addIssue({ code: 'custom', message: `the pattern ${problem}` })
})
const patterns = z.array(pattern).max(1_000).default([])
const paths = z.array(pattern.startsWith('/', 'a path starts with /')).max(1_000).default([])
const limit = z.int().nonnegative().max(1e12).nullable().default(null)

/**
 * What a new key may be given; the section `keys:` and the body of `POST /admin/keys`. Lists hold patterns as
 * `core/access-list.ts` explains them; what is denied wins over what is allowed.
 */
export const newKeySchema = z.strictObject({
  name: name.describe('What people call the key; need not be unique.'),
  user: name.nullable().default(null).describe('User whose budgets and limits it counts towards.'),
  team: name.nullable().default(null).describe('Team whose budgets it counts towards.'),
  models: patterns.describe('Models it may ask for. Empty: all.'),
  denyModels: patterns.describe('Models it may neither ask for nor be led to by an alias or a route.'),
  providers: names.describe('Provider rows it may reach. Empty: all.'),
  surfaces: z
    .array(z.enum(SURFACE_LABELS, oneOf(SURFACE_LABELS)))
    .default([])
    .describe('Kinds of requests it may make. Empty: all.'),
  paths: paths.describe('HTTP paths it may use, such as /v1/messages or /v1/commands/**. Empty: all.'),
  denyPaths: paths.describe('HTTP paths it may not use.'),
  tools: patterns.describe('Tools its requests may offer to a model, such as Read or mcp__github__*. Empty: all.'),
  denyTools: patterns.describe('Tools its requests may not offer to a model.'),
  commands: patterns.describe('Commands it may run. Empty: all.'),
  priority: z
    .enum(REQUEST_CLASSES, oneOf(REQUEST_CLASSES))
    .default('main')
    .describe('Highest class its requests may claim when load is shed.'),
  requestsPerMinute: limit.describe('Requests per minute; null: no limit.'),
  tokensPerMinute: limit.describe('Tokens per minute, prompt and output; null: no limit.'),
  concurrentRequests: limit.describe('Requests at the same time; null: no limit.'),
  expiresWallMs: z.int().positive().nullable().default(null).describe('Unix time in ms from which it is refused.'),
})

export type NewKeyInput = z.infer<typeof newKeySchema>
