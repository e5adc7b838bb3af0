/** Counts the o200k tokens of a text. */
export type CountText = (text: string) => number

/** Longest stretch without a border that is given to the tokenizer whole: its merging is quadratic in such a stretch. */
const STRETCH_CHARS_MAX = 128

/**
 * Characters of one request that are really counted; beyond, the ratio found so far holds. Bounds the time to
 * about 0.5 s for the most hostile text.
 */
const COUNTED_CHARS_MAX = 400_000

const LONG_STRETCH = new RegExp(`\\S{${STRETCH_CHARS_MAX},}|\\s{${STRETCH_CHARS_MAX},}`, 'g')

/**
 * A counter for one request, linear in the text whatever it holds: long stretches are cut, which can only add tokens.
 * The first call in a process loads the vocabulary (about 0.2 s, 15 MB), so that start-up does not pay for it.
 */
export function openTextCounter(): CountText {
  let chars = 0
  let tokens = 0
  const count = loadTokenizer()
  return (text) => {
    const room = Math.max(0, COUNTED_CHARS_MAX - chars)
    const counted = text.length <= room ? text : text.slice(0, room)
    const found = counted === '' ? 0 : countStretches(counted, count)
    chars += counted.length
    tokens += found
    return found + Math.ceil(((text.length - counted.length) * tokens) / Math.max(1, chars))
  }
}

function countStretches(text: string, count: CountText): number {
  let tokens = 0
  let from = 0
  for (const match of text.matchAll(LONG_STRETCH)) {
    if (match.index > from) tokens += count(text.slice(from, match.index))
    const end = match.index + match[0].length
    for (let at = match.index; at < end; at += STRETCH_CHARS_MAX) {
      tokens += count(text.slice(at, Math.min(end, at + STRETCH_CHARS_MAX)))
    }
    from = end
  }
  return from < text.length ? tokens + count(from === 0 ? text : text.slice(from)) : tokens
}

interface Tokenizer {
  countTokens(text: string, options: { readonly disallowedSpecial: ReadonlySet<string> }): number
}

/** Names of control tokens are text like any other when a user writes them. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

/** `require` is evaluated when it is called, from source and inside the executable, and only once. */
function loadTokenizer(): CountText {
  // The package's own types describe this and much more.
  const tokenizer = require('gpt-tokenizer/encoding/o200k_base') as Tokenizer
  return (text) => tokenizer.countTokens(text, AS_TEXT)
}
