import { describe, expect, test } from 'bun:test'
import { parseExact } from '../../src/core/exact-json.ts'
import { JSON_DEPTH_MAX } from '../../src/core/limits.ts'

describe('an integer that a number cannot hold is written again as it came', () => {
  test.each([
    '12345678901234567890',
    '-9007199254740993',
    '[0.1234567890123456,9007199254740993]',
    '[{"id":9007199254740993}]',
    '{"9876543210123456789":[1,9876543210123456789]}',
    '["1234567890123456789",1234567890123456789]',
    '["a \\" b",1234567890123456789]',
    '["ends in \\\\",1234567890123456789]',
  ])('in %s', (text) => {
    expect(JSON.stringify(parseExact(text))).toBe(text)
  })
})

describe('nothing but plain values comes', () => {
  const deep = `${'['.repeat(JSON_DEPTH_MAX + 1)}1234567890123456789${']'.repeat(JSON_DEPTH_MAX + 1)}`
  test.each([
    [
      'of the digits in a string',
      '{"id":"1234567890123456789","text":"x: 1234567890123456789, \\"1234567890123456789"}',
    ],
    ['of a fraction', '[0.12345678901234567,1.0,-2.50000000000000000000e1]'],
    ['of a number behind a fraction', '[0.12345678901234567,123]'],
    ['of a number that is exact', '[1234567890123456,1000000000000000000]'],
    ['of what is nested too deep to be written', deep],
  ])('%s', (_, text) => {
    expect(parseExact(text)).toEqual(JSON.parse(text))
  })
})
