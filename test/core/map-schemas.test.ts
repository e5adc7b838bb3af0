import { expect, test } from 'bun:test'
import type { Json } from '../../src/core/json.ts'
import { mapSchemas } from '../../src/core/map-schemas.ts'

const mark = (schema: Json): Json => ({ ...schema, seen: true })

const PLACES: readonly [key: string, value: unknown, mapped: unknown][] = [
  ['properties', { a: {}, b: true }, { a: { seen: true }, b: true }],
  ['$defs', { properties: {} }, { properties: { seen: true } }],
  ['anyOf', [{}, false, {}], [{ seen: true }, false, { seen: true }]],
  ['items', [{}], [{ seen: true }]],
  ['items', {}, { seen: true }],
  ['additionalProperties', {}, { seen: true }],
]

for (const [key, value, mapped] of PLACES) {
  test(`every schema in ${key} is replaced: ${JSON.stringify(value)}`, () => {
    expect(mapSchemas(key, value, mark)).toEqual(mapped)
  })
}

test('what is data, a number kept as text, or an unfit form stays the very same', () => {
  const number = JSON.rawJSON('9007199254740993')
  const values: readonly [string, unknown][] = [
    ['default', { properties: {} }],
    ['enum', [{}]],
    ['anyOf', {}],
    ['properties', [{}]],
    ['items', number],
    ['additionalProperties', false],
  ]

  for (const [key, value] of values) expect(mapSchemas(key, value, mark)).toBe(value)
})

test('where no schema becomes another the value is the very same', () => {
  const values: readonly [string, unknown][] = [
    ['properties', { a: {} }],
    ['anyOf', [{}]],
    ['items', {}],
  ]

  for (const [key, value] of values) expect(mapSchemas(key, value, (schema) => schema)).toBe(value)
})
