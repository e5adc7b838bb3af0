import { parseExact } from './exact-json.ts'

/** The value of a JSON text, as `parseExact` has it; `null` for what is none, as for the text `null`. */
export function tryJson(text: string): unknown {
  try {
    return parseExact(text)
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return null
    throw notJson
  }
}
