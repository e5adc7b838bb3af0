declare global {
  interface JSON {
    /** A value that is written as this very text. */
    rawJSON(text: string): object
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

/** What a number must have in it to be another one once it is read: 16 digits, or an exponent. */
const LONG_NUMBER = /\d{16}|\d[eE]/

/**
 * A parsed JSON text as one that is written back with its numbers as they were: ids of 64 bits do not fit into a number,
 * and what is beyond the largest would become `null`. The value itself where it holds no such number.
 *
 * @param value what `JSON.parse` made of the text; nested no deeper than `JSON_DEPTH_MAX`
 */
export function withExactNumbers(text: string, value: unknown): unknown {
  if (!LONG_NUMBER.test(text)) return value
  return JSON.parse(text, (_key, member, { source }) =>
    typeof member === 'number' && isInexact(member) && source !== undefined ? JSON.rawJSON(source) : member,
  )
}

/** A fraction's last digits are within what every reader of JSON allows for. */
function isInexact(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
}
