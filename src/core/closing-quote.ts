/** Code of the character that begins and ends a string of JSON. */
export const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Where the string of a JSON text ends that begins at `openingQuote`; the end of the text if it does not. It is
 * searched natively for quotes, so that long strings are jumped over.
 */
export function closingQuote(text: string, openingQuote: number): number {
  for (let from = openingQuote + 1; ; ) {
    const at = text.indexOf('"', from)
    if (at < 0) return text.length
    let escapes = at
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes--
    if ((at - escapes) % 2 === 0) return at
    from = at + 1
  }
}
