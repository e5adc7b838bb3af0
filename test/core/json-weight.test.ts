import { describe, expect, test } from 'bun:test'
import { weightProblem } from '../../src/core/json-weight.ts'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, JSON_WEIGHED_CHARS_MIN } from '../../src/core/limits.ts'

const PAD = JSON.stringify('x'.repeat(JSON_WEIGHED_CHARS_MIN))
const nested = (levels: number, inside = '1') => '['.repeat(levels) + inside + ']'.repeat(levels)
const many = (values: number) => `[${PAD}${',1'.repeat(values - 1)}]`

describe('a long text is not parsed', () => {
  test.each([
    ['nested too deep', `[${PAD},${nested(JSON_DEPTH_MAX)}]`],
    ['nested too deep without an end', `${PAD}${'{"a":'.repeat(JSON_DEPTH_MAX + 1)}`],
    ['nested behind a string that ends in a backslash', `[${PAD},"\\\\",${nested(JSON_DEPTH_MAX)}]`],
    ['of too many objects', `[${PAD}${',{}'.repeat(JSON_VALUES_MAX / 2)}]`],
    ['of too many values', many(JSON_VALUES_MAX + 1)],
  ])('that is %s', (_, text) => {
    expect(weightProblem(text)).not.toBeNull()
  })
})

describe('a text is parsed', () => {
  test.each([
    ['nested as deep as may be', `[${PAD},${nested(JSON_DEPTH_MAX - 1)}]`],
    ['with brackets in a string', `[${PAD},"${'[{'.repeat(1_000)}"]`],
    ['with brackets behind an escaped quote', `[${PAD},"\\\\\\"${'[{'.repeat(1_000)}"]`],
    ['of as many values as may be', many(JSON_VALUES_MAX)],
    ['of many levels one after the other', `[${PAD}${`,${nested(100)}`.repeat(50)}]`],
    ['short, whatever it holds', nested(JSON_WEIGHED_CHARS_MIN / 2 - 1)],
    ['a string without an end', `${PAD}"${'['.repeat(1_000)}`],
  ])('that is %s', (_, text) => {
    expect(weightProblem(text)).toBeNull()
  })
})
