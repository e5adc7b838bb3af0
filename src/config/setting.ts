import { z } from 'zod'

/** What a setting is called in the environment, and what it is for. */
interface Notes {
  readonly env: string
  readonly meaning: string
  /** Its value must never be shown. */
  readonly isSecret?: boolean
}

export interface Setting<Schema extends z.ZodType = z.ZodType, Default = unknown> extends Notes {
  /** Takes texts, as the environment has them, and typed values of the file. To build one takes time: for a value that is there. */
  readonly schema: () => Schema
  readonly byDefault: Default
}

export function setting<S extends z.ZodType>(
  schema: () => S,
  byDefault: z.output<S>,
  notes: Notes,
): Setting<S, z.output<S>> {
  return { schema, byDefault, ...notes }
}

/** Without a default. */
export function optional<S extends z.ZodType>(schema: () => S, notes: Notes): Setting<S, undefined> {
  return { schema, byDefault: undefined, ...notes }
}

export function text() {
  return z.string()
}

export function httpAddress() {
  return z.url({ protocol: /^https?$/, error: 'must be an http or https address' })
}

/** A whole number, as a number or as its decimal text. */
export function integer(min: number, max: number, error = `must be a whole number from ${min} to ${max}`) {
  return () =>
    z.preprocess(
      (value) => (typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value),
      // In one `check`, as each further method would build the schema once more.
      z.number({ error }).check(z.int(), z.gte(min), z.lte(max)),
    )
}

/** A part of a whole, over 0 and at most 1, as a number or as its decimal text. */
export function ratio() {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d*\.?\d+$/.test(value.trim()) ? Number(value) : value),
    z.number({ error: 'must be a number between 0 and 1' }).gt(0).max(1),
  )
}

/** `true` or `false`, as a boolean or as text; `1`, `yes`, `on` and their opposites too. */
export function flag() {
  return z.preprocess(
    (value) => {
      if (typeof value !== 'string') return value
      const word = value.trim().toLowerCase()
      if (['true', '1', 'yes', 'on'].includes(word)) return true
      return ['false', '0', 'no', 'off'].includes(word) ? false : value
    },
    z.boolean({ error: 'must be true or false' }),
  )
}

/** Several texts: an array, or one text with commas between. */
export function list() {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean)
        : value,
    z.array(z.string()),
  )
}
