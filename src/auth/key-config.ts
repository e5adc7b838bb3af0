import { z } from 'zod'
import { tryMoment } from '../core/moment.ts'
import { newKeySchema } from './key-schema.ts'

const KEYS_MAX = 10_000

const { name: _name, expiresWallMs: _expires, ...scopes } = newKeySchema.shape

/** One entry of `keys:`. The secret itself never stands in the file. */
const configuredKeySchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is made of letters, digits, dots, dashes and underscores')
      .refine((id) => !/^(key|static)_/.test(id), 'may not begin with key_ or static_, which lynkr gives itself')
      .refine((id) => id !== 'admin' && id !== 'cli', 'may not be admin or cli, who may run commands as themselves')
      .describe('Name of the key in budgets, usage and logs.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 small hex digits')
      .optional()
      .describe('SHA-256 of the secret in hex: `printf %s "$SECRET" | sha256sum`.'),
    env: z.string().min(1).optional().describe('Environment variable that holds the secret, instead of sha256.'),
    ...scopes,
    expires: z
      .string()
      .refine((text) => tryMoment(text) !== null, 'must be a date, such as 2027-01-31')
      .optional()
      .describe('Moment from which it is refused, such as 2027-01-31 or 2027-01-31T12:00; UTC unless it names a zone.'),
  })
  .refine(({ sha256, env }) => (sha256 === undefined) !== (env === undefined), {
    message: 'needs either "sha256" or "env", so that no secret stands in the file',
  })

/** The section `keys:`. Entries that stand for the same key are refused, and both are named. */
export const keysSchema = z
  .array(configuredKeySchema)
  .max(KEYS_MAX)
  .superRefine((keys, context) => {
    for (const field of ['id', 'sha256', 'env'] as const) {
      const seen = new Map<string, number>()
      keys.forEach((key, i) => {
        const value = key[field]
        const before = value === undefined ? undefined : seen.get(value)
        if (value !== undefined && before === undefined) seen.set(value, i)
        if (before === undefined) return
        const message = `keys[${before}] and keys[${i}] have the same ${field}; keep one of them`
        context.addIssue({ code: 'custom', message, path: [i, field] })
      })
    }
  })

export type KeyEntry = z.output<typeof configuredKeySchema>
