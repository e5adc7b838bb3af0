import { describe, expect, test } from 'bun:test'
import { RETRY_AFTER_MS_MAX } from '../../src/core/limits.ts'
import { parseHttpDateMs, retryAfterMs, sentWallMs } from '../../src/core/retry-after.ts'

const WALL_MS = Date.UTC(1994, 10, 6, 8, 49, 30)

const cases: [value: string, waitMs: number | null][] = [
  ['0', 0],
  ['1', 1_000],
  ['1.5', 1_500],
  ['0.0001', 1],
  [' 2 ', 2_000],
  ['86400', RETRY_AFTER_MS_MAX],
  ['86401', RETRY_AFTER_MS_MAX],
  ['1000000000', RETRY_AFTER_MS_MAX],
  ['-1', null],
  ['NaN', null],
  ['Infinity', null],
  ['1e9', null],
  ['0x10', null],
  ['', null],
  ['soon', null],
  ['1,2', null],
  ['9'.repeat(400), null],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 7_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 7_000],
  ['Sun Nov  6 08:49:37 1994', 7_000],
  ['Sun, 06 Nov 1994 08:49:29 GMT', 0],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', RETRY_AFTER_MS_MAX],
  ['Sun, 06 Foo 1994 08:49:37 GMT', null],
  ['1994-11-06T08:49:37Z', null],
]

describe('the wait an upstream asks for', () => {
  for (const [value, waitMs] of cases) {
    test(`'${value.slice(0, 40)}' is ${waitMs === null ? 'not understood' : `${waitMs} ms`}`, () => {
      expect(retryAfterMs(new Headers({ 'retry-after': value }), WALL_MS)).toBe(waitMs)
    })
  }

  test('is not told without a header', () => {
    expect(retryAfterMs(new Headers(), WALL_MS)).toBeNull()
  })

  test('in milliseconds wins, if it can be understood', () => {
    const read = (millis: string): number | null =>
      retryAfterMs(new Headers({ 'retry-after-ms': millis, 'retry-after': '3' }), WALL_MS)

    expect(read('250')).toBe(250)
    expect(read('0.2')).toBe(1)
    expect(read('-5')).toBe(3_000)
    expect(read('later')).toBe(3_000)
  })

  test('as a date is measured from the time at which the upstream sent it', () => {
    const headers = new Headers({
      date: 'Sun, 06 Nov 1994 08:49:30 GMT',
      'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT',
    })

    expect(retryAfterMs(headers, sentWallMs(headers))).toBe(7_000)
    expect(retryAfterMs(headers, sentWallMs(new Headers()))).toBeNull()
  })

  test('a year of two digits lies between 1970 and 2069', () => {
    expect(parseHttpDateMs('Sunday, 06-Nov-69 00:00:00 GMT')).toBe(Date.UTC(2069, 10, 6))
    expect(parseHttpDateMs('Sunday, 06-Nov-70 00:00:00 GMT')).toBe(Date.UTC(1970, 10, 6))
  })
})
