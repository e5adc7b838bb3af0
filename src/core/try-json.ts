import { parseExact } from './exact-json.ts'

const utf8 = new TextDecoder()

/** The value of a JSON text, or of its bytes, as `parseExact` has it; `null` for what is none, as for the text `null`. */
export function tryJson(text: string | Uint8Array): unknown {
  try {
    return parseExact(typeof text === 'string' ? text : utf8.decode(text))
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return null
    throw notJson
  }
}
