/** The text without its percent escapes; `null` where one of them is none, or makes no character. */
export function tryDecodeComponent(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (malformed) {
    if (malformed instanceof URIError) return null
    throw malformed
  }
}
