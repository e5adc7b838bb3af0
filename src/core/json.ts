/** An object of JSON, of whose members nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>

/** True for an object of JSON; false for a list, `null` and any other value. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object, or `null` for anything else, lists included. */
export function tryObject(value: unknown): Json | null {
  return isObject(value) ? value : null
}

/** True for a text that is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return false
    throw notJson
  }
}

/** The object that a text is, or `null` for a text of anything else and for what is no JSON. */
export function tryObjectIn(text: string): Json | null {
  try {
    return tryObject(JSON.parse(text))
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return null
    throw notJson
  }
}

/** The value if it is a string, else `''`: on many wires `null`, `''` and absence mean the same. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
