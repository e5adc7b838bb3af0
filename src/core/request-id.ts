import { REQUEST_ID_CHARS_MAX } from './limits.ts'
import type { Random } from './random.ts'
import { redactText } from './secret.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
/** Every two digits of base 36, as `toString(36)` and a digit at a time are several times slower. */
const PAIRS = Array.from(ALPHABET, (high) => Array.from(ALPHABET, (low) => high + low)).flat()
const SIX_DIGITS = 36 ** 6
const SAFE = /^[A-Za-z0-9_.:-]+$/

/**
 * A new request id: `req_`, nine characters of wall time in base 36, ten of chance (51 bits). Sortable by time,
 * unique for tracing; not a secret.
 *
 * @param wallMs non-negative; the nine characters last until the year 5188
 */
export function newRequestId(wallMs: number, random: Random): string {
  const early = Math.floor(wallMs / SIX_DIGITS)
  const time = `${ALPHABET[Math.floor(early / 1_296) % 36]}${pair(early)}${sixDigits(wallMs - early * SIX_DIGITS)}`
  return `req_${time}${sixDigits(random() * SIX_DIGITS)}${fourDigits(random() * 36 ** 4)}`
}

/** @param value at least 0, under 36^6, which fits 32 bits */
function sixDigits(value: number): string {
  const whole = value >>> 0
  return pair(whole / 1_679_616) + fourDigits(whole)
}

function fourDigits(value: number): string {
  return pair(value / 1_296) + pair(value)
}

/** The last two digits before the point. */
function pair(value: number): string {
  return PAIRS[(value >>> 0) % 1_296] ?? '00'
}

/** The client's own id if it is short, harmless in a log line and a header, and no credential; else `null`. */
export function acceptRequestId(header: string | null): string | null {
  if (header === null || header.length > REQUEST_ID_CHARS_MAX || !SAFE.test(header)) return null
  return redactText(header) === header ? header : null
}
