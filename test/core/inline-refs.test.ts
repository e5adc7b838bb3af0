import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { inlineRefs } from '../../src/core/inline-refs.ts'

describe('a schema with references', () => {
  test.each([
    [
      'from $defs',
      { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { type: 'string' } } },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
    [
      'of references, from definitions',
      {
        items: { $ref: '#/definitions/A' },
        definitions: { A: { anyOf: [{ $ref: '#/definitions/B' }] }, B: { const: 1 } },
      },
      { items: { anyOf: [{ const: 1 }] } },
    ],
    [
      'with members beside them, which win',
      { p: { $ref: '#/$defs/A', description: 'mine' }, $defs: { A: { type: 'string', description: 'its' } } },
      { p: { type: 'string', description: 'mine' } },
    ],
    [
      'with escapes',
      { p: { $ref: '#/$defs/a~1b%20c' }, $defs: { 'a/b c': { type: 'null' } } },
      { p: { type: 'null' } },
    ],
  ])('%s is written out', (_, schema, expected) => {
    expect(inlineRefs(schema)).toEqual({ schema: expected, isCut: false })
  })

  test.each([
    [
      'a definition of itself',
      { p: { $ref: '#/$defs/A' }, $defs: { A: { properties: { next: { $ref: '#/$defs/A' } } } } },
    ],
    ['a ring', { p: { $ref: '#/$defs/A' }, $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } }],
    ['a way to nowhere', { p: { $ref: '#/$defs/Z' }, $defs: {} }],
  ])('to %s is cut there, which is told', (_, schema) => {
    const inlined = inlineRefs(schema)

    expect(inlined?.isCut).toBe(true)
    expect(JSON.stringify(inlined?.schema)).not.toContain('$ref')
  })

  test('that would explode is left alone', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `D${i}`,
        { anyOf: [{ $ref: `#/$defs/D${i + 1}` }, { $ref: `#/$defs/D${i + 1}` }] },
      ]),
    )

    expect(inlineRefs({ p: { $ref: '#/$defs/D0' }, $defs: doubling })).toBeNull()
  })

  test.each([
    ['a long text', { A: { type: 'string', description: 'x'.repeat(100_000) } }],
    ['a long name', { A: { type: 'object', properties: { ['x'.repeat(100_000)]: {} } } }],
    ['many choices', { A: { enum: Array.from({ length: 1_000 }, (_, i) => `choice ${i}`) } }],
  ])('of which many lead to %s is left alone, too', (_, $defs) => {
    const names = Array.from({ length: 1_000 }, (__, i) => [`p${i}`, { $ref: '#/$defs/A' }])

    expect(inlineRefs({ type: 'object', properties: Object.fromEntries(names), $defs })).toBeNull()
  })

  test('elsewhere stays, and one without any is the very same', () => {
    const plain = { type: 'object', properties: { a: { $ref: 'https://x.example/schema' } } }

    expect(inlineRefs(plain)?.schema).toBe(plain)
  })

  test('of any shape ends, and keeps no local reference', () => {
    const node = fc.letrec((tie) => ({
      it: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('A', 'B', 'C', 'none').map((name) => ({ $ref: `#/$defs/${name}` })),
        fc.record({ type: fc.constant('string') }),
        fc.record({ properties: fc.dictionary(fc.constantFrom('x', 'y'), tie('it'), { maxKeys: 2 }) }),
        fc.record({ anyOf: fc.array(tie('it'), { maxLength: 2 }) }),
      ),
    })).it
    fc.assert(
      fc.property(node, node, node, node, (p, A, B, C) => {
        const inlined = inlineRefs({ p, $defs: { A, B, C } })

        if (inlined !== null) expect(JSON.stringify(inlined.schema)).not.toContain('$ref')
      }),
    )
  })
})

test('a reference to what is no schema leads nowhere, and is cut', () => {
  const inlined = inlineRefs({ $defs: { a: '#' }, properties: { b: { $ref: '#/$defs/a', type: 'string' } } })

  expect(inlined).toEqual({ schema: { properties: { b: { type: 'string' } } }, isCut: true })
})
