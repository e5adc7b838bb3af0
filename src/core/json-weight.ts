import { closingQuote, QUOTE } from './closing-quote.ts'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, JSON_WEIGHED_CHARS_MIN } from './limits.ts'

/**
 * Why a JSON text must not be parsed; `null` lets it. A value costs a parser half a microsecond, an object or list one,
 * two if it is nested deep: a body of nothing else, which no client writes, would hold everybody up for half a minute.
 *
 * A long text costs about a millisecond per million characters that are no strings; strings are jumped over. A short
 * one, as nearly all are, costs nothing, and is parsed in time whatever it holds.
 */
export function weightProblem(text: string): string | null {
  if (text.length < JSON_WEIGHED_CHARS_MIN) return null
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = closingQuote(text, at)
    else if (code === COMMA) values++
    else if (code === BRACE_END || code === BRACKET_END) depth--
    else if (code === BRACE || code === BRACKET) {
      values++
      if (++depth > JSON_DEPTH_MAX) return tooDeep()
    }
    if (values > JSON_VALUES_MAX) return `holds more than ${JSON_VALUES_MAX} values`
  }
  return null
}

/** What is said of a body that is. */
export function tooDeep(): string {
  return `is nested deeper than ${JSON_DEPTH_MAX} levels`
}

const COMMA = 0x2c
const BRACE = 0x7b
const BRACE_END = 0x7d
const BRACKET = 0x5b
const BRACKET_END = 0x5d
