import { closingQuote, QUOTE } from './closing-quote.ts'
import { isDeeperThan } from './json-depth.ts'
import { JSON_DEPTH_MAX } from './limits.ts'

declare global {
  interface JSON {
    /** A value that is written as this very text. */
    rawJSON(text: string): object
    isRawJSON(value: unknown): boolean
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

/**
 * Parses as `JSON.parse` does, but integers that a number cannot hold are written again as they were, wherever the
 * value goes: ids of 64 bits, and bounds of a schema. A text without so many digits in a row costs a look at it, one
 * that has them in its strings alone a look past those; one that is nested deeper than lynkr writes is left as it is.
 */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return hasLongInteger(text) && !isDeeperThan(value, JSON_DEPTH_MAX) ? exactly(text) : value
}

/** Digits that a number may lose one of: 2^53 has 16. */
const LONG_DIGITS = 16
const LONG_INTEGER = /\d{16}/

/** Ids of answers and what tools have printed are full of digits, and parsing exactly costs five times as much. */
function hasLongInteger(text: string): boolean {
  if (!LONG_INTEGER.test(text)) return false
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // Those of a fraction, -Infinity and one more each, never come to so many.
    if (code >= ZERO && code <= NINE) digits++
    else digits = code === POINT ? Number.NEGATIVE_INFINITY : 0
    if (digits === LONG_DIGITS) return true
    if (code === QUOTE) at = closingQuote(text, at)
  }
  return false
}

const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/** What a number must have in it to be another one once it is read: 16 digits, or an exponent. */
const LONG_NUMBER = /\d{16}|\d[eE]/

/**
 * A parsed JSON text as one that is written back with its numbers as they were: ids of 64 bits do not fit into a number,
 * and what is beyond the largest would become `null`. The value itself where it holds no such number.
 *
 * @param value what `JSON.parse` made of the text; nested no deeper than `JSON_DEPTH_MAX`
 */
export function withExactNumbers(text: string, value: unknown): unknown {
  return LONG_NUMBER.test(text) ? exactly(text) : value
}

function exactly(text: string): unknown {
  return JSON.parse(text, (_key, member, { source }) =>
    typeof member === 'number' && source !== undefined && isInexact(member, source) ? JSON.rawJSON(source) : member,
  )
}

/** A fraction's last digits are within what every reader of JSON allows for. */
function isInexact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true
  return Number.isInteger(value) && !Number.isSafeInteger(value) && String(value) !== source
}
