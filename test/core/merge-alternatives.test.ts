import { expect, test } from 'bun:test'
import { mergeAlternatives } from '../../src/core/merge-alternatives.ts'

const text = { type: 'string' }
const count = { type: 'integer' }

test('a schema without alternatives at its top is the same object', () => {
  const schema = { type: 'object', properties: { a: { anyOf: [text, count] } } }

  expect(mergeAlternatives(schema).schema).toBe(schema)
})

test.each(['anyOf', 'oneOf'])(
  'of %s one object is made: members of all, required what each of them requires',
  (key) => {
    const one = { type: 'object', properties: { id: text, path: text }, required: ['id', 'path'] }
    const other = { type: 'object', properties: { id: text, line: count }, required: ['line', 'id'] }

    const { schema, alternatives } = mergeAlternatives({ type: 'object', [key]: [one, other] })

    expect(schema).toEqual({ type: 'object', properties: { id: text, path: text, line: count }, required: ['id'] })
    expect(alternatives).toEqual([one, other])
  },
)

test('a member of which alternatives say different things may be any of them', () => {
  const forms = [{ properties: { kind: { const: 'a' } } }, { properties: { kind: { const: 'b' } } }]

  const { schema } = mergeAlternatives({ oneOf: forms })

  expect(schema.properties).toEqual({ kind: { anyOf: [{ const: 'a' }, { const: 'b' }] } })
})

test('of allOf all is required, and nothing is lost', () => {
  const parts = [
    { properties: { a: text }, required: ['a'] },
    { properties: { b: count }, required: ['b'] },
  ]

  const { schema, alternatives } = mergeAlternatives({ type: 'object', properties: { c: text }, allOf: parts })

  expect(schema).toEqual({ type: 'object', properties: { c: text, a: text, b: count }, required: ['a', 'b'] })
  expect(alternatives).toEqual([])
})

test('alternatives that only say what must be there leave members as they are', () => {
  const schema = { type: 'object', properties: { a: text, b: text }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }

  expect(mergeAlternatives(schema).schema).toEqual({ type: 'object', properties: { a: text, b: text } })
})

test('alternatives behind references and within others are merged too, and closed where all are', () => {
  const $defs = { A: { properties: { a: text }, additionalProperties: false } }
  const inner = { anyOf: [{ $ref: '#/$defs/A' }, { properties: { b: text }, additionalProperties: false }] }

  const { schema } = mergeAlternatives({ $defs, anyOf: [inner] })

  expect(schema).toEqual({ $defs, type: 'object', properties: { a: text, b: text }, additionalProperties: false })
})

test('references in a circle and tens of thousands of alternatives come to an end', () => {
  const loop = { anyOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/A' }] }
  const many = Array.from({ length: 50_000 }, (_, i) => ({ properties: { [`p${i}`]: text } }))

  expect(mergeAlternatives({ ...loop, $defs: { A: loop } }).schema.anyOf).toBeUndefined()
  expect(Object.keys(Object(mergeAlternatives({ anyOf: many }).schema.properties))).toHaveLength(200)
})
