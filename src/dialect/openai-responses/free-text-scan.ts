/** Takes the text out of `{"input":"…"}` as it arrives, so that a long patch shows while it is written. */
export interface FreeTextScan {
  /** The text that this piece of JSON adds. */
  push(json: string): string
}

const HEAD = /^\s*\{\s*"input"\s*:\s*"/
/** Characters within which the head must have come; beyond, nothing is shown before the end. */
const HEAD_CHARS_MAX = 256

/** An escape that is not complete yet, at the end of what there is: `\`, `\u` and up to three digits. */
const OPEN_ESCAPE = /\\(?:u[0-9a-fA-F]{0,3})?$/

/** Law: for a complete argument the pieces joined are its `input`, however it is cut. Linear in its length. */
export function openFreeTextScan(): FreeTextScan {
  let phase: 'head' | 'text' | 'over' = 'head'
  let held = ''

  function text(): string {
    const end = closingQuote(held)
    if (end !== -1) {
      phase = 'over'
      const last = unescaped(held.slice(0, end))
      held = ''
      return last
    }
    const open = openEscapeLength(held)
    const ready = held.slice(0, held.length - open)
    held = held.slice(held.length - open)
    return unescaped(ready)
  }

  return {
    push(json) {
      if (phase === 'over') return ''
      held += json
      if (phase === 'text') return text()
      const head = HEAD.exec(held)
      if (head === null) {
        if (held.length > HEAD_CHARS_MAX) phase = 'over'
        return ''
      }
      phase = 'text'
      held = held.slice(head[0].length)
      return text()
    },
  }
}

/** Offset of the quote that ends the string, or −1. */
function closingQuote(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') return at
    if (char === '\\') at++
  }
  return -1
}

/** Characters at the end that wait: an escape begun, a pair's first half without its second. */
function openEscapeLength(text: string): number {
  const match = OPEN_ESCAPE.exec(text)
  if (match !== null && isEscapeAt(text, match.index)) return match[0].length
  const surrogate = /\\u[dD][89abAB][0-9a-fA-F]{2}$/.exec(text)
  return surrogate !== null && isEscapeAt(text, surrogate.index) ? surrogate[0].length : 0
}

/** True if the backslash is not itself escaped. */
function isEscapeAt(text: string, at: number): boolean {
  let before = 0
  while (text[at - 1 - before] === '\\') before++
  return before % 2 === 0
}

/** Text between the quotes of a JSON string; what is no legal one stays as it is. */
function unescaped(text: string): string {
  if (text === '') return ''
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    // A model's own mistake: a raw line end, an escape that JSON does not know.
    return text
  }
}
