/** An object of JSON, of whose members nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>

/** True for an object of JSON; false for a list, `null` and any other value. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
