import { ECHO_CHARS_MAX } from '../core/limits.ts'

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Characters that JSON leaves raw but some reader of lines takes for an end of line, or a terminal for a command. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/**
 * A string as a JSON literal on one line, whatever it holds: cut to `ECHO_CHARS_MAX`, line and control characters
 * escaped, lone surrogates too. ~10 ns for a plain one.
 */
export function jsonText(text: string): string {
  const short = text.length > ECHO_CHARS_MAX ? text.slice(0, ECHO_CHARS_MAX) : text
  if (PLAIN.test(short)) return `"${short}"`
  return JSON.stringify(short).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
