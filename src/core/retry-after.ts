import type { Fields } from './fields.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'

const DECIMAL = /^\d{1,15}(\.\d{1,9})?$/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`. */
const DAY_FIRST = /^[a-z]{3,9}, (\d{2})[ -]([a-z]{3})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/i
/** `Sun Nov  6 08:49:37 1994`, which is UTC. */
const ASCTIME = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i

/**
 * How long the upstream asks to wait, in whole ms from `wallMs`, at most `RETRY_AFTER_MS_MAX`; `null` if it does not
 * say, or not in a way that can be understood. A date in the past is 0: now.
 *
 * `retry-after-ms` wins over `retry-after`, which holds seconds, fractions allowed, or a date.
 *
 * @param wallMs Unix time at which the answer was sent; NaN if unknown, then dates are not understood
 * @see RFC 9110 §10.2.3; `retry-after-ms` is what OpenAI and Azure send
 */
export function retryAfterMs(headers: Pick<Fields, 'get'>, wallMs: number): number | null {
  const millis = headers.get('retry-after-ms')?.trim() ?? ''
  if (DECIMAL.test(millis)) return bounded(Number(millis))
  const value = headers.get('retry-after')?.trim() ?? ''
  if (DECIMAL.test(value)) return bounded(Number(value) * 1000)
  return bounded(parseHttpDateMs(value) - wallMs)
}

/**
 * Unix time in ms at which an answer was sent, by the sender's own clock: what dates in its headers relate to.
 * NaN if it does not say.
 */
export function sentWallMs(headers: Pick<Fields, 'get'>): number {
  return parseHttpDateMs(headers.get('date')?.trim() ?? '')
}

/** Reads the three date forms of HTTP, as Unix time in ms; NaN for anything else. @see RFC 9110 §5.6.7 */
export function parseHttpDateMs(text: string): number {
  const dayFirst = DAY_FIRST.exec(text)
  if (dayFirst !== null) {
    const [, day, month, year, hour, minute, second] = dayFirst
    return utcMs(year, month, day, hour, minute, second)
  }
  const [, month, day, hour, minute, second, year] = ASCTIME.exec(text) ?? []
  return utcMs(year, month, day, hour, minute, second)
}

function utcMs(year = '', month = '', day = '', hour = '', minute = '', second = ''): number {
  const monthIndex = MONTHS.indexOf(month.toLowerCase())
  if (monthIndex === -1) return Number.NaN
  return Date.UTC(fullYear(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second))
}

/** A year of two digits lies in 1970–2069. */
function fullYear(year: string): number {
  const value = Number(year)
  if (year.length !== 2) return value
  return value < 70 ? 2000 + value : 1900 + value
}

function bounded(ms: number): number | null {
  return Number.isNaN(ms) ? null : Math.ceil(Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX))
}
