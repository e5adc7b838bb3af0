/** The value of a JSON text; `null` for what is none, as for the text `null`. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return null
    throw notJson
  }
}
