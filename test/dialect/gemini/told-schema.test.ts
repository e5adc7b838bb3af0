import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ChatRequest } from '../../../src/core/request.ts'
import { geminiUpstream } from '../../../src/dialect/gemini/index.ts'
import { checkGemini } from '../../../src/simulator/strict-gemini.ts'
import { RUNS } from '../../arbitraries.ts'
import { requestOf, tool, userTurn } from '../openai-chat/support.ts'

function encode(members: Partial<ChatRequest>) {
  const request = requestOf({ turns: [userTurn('go')], ...members })
  const { json, dropped } = geminiUpstream.encodeRequest(request, { model: 'gemini-3-pro', quirks: {} })
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

const declare = (parameters: Readonly<Record<string, unknown>>) => {
  const { json, dropped } = encode({ tools: [{ ...tool('Set'), parameters }] })
  return { declaration: json.tools[0].functionDeclarations[0], dropped }
}

const objectWith = (p: unknown, more: object = {}) => ({ type: 'object', properties: { p }, ...more })

describe('a tool', () => {
  test.each([
    ['an object of any members', { type: 'object' }],
    ['an object of named values', { type: 'object', additionalProperties: { type: 'string' } }],
    ['an object that may be absent', { type: ['object', 'null'], properties: {} }],
    ['any value', { description: 'whatever' }],
    ['one of two types', { type: ['string', 'integer'] }],
    ['a list of anything', { type: 'array', items: {} }],
    ['a list of any objects', { type: 'array', items: { type: 'object', additionalProperties: true } }],
    ['a text or any object', { anyOf: [{ type: 'string' }, { type: 'object' }] }],
  ])('whose argument is %s is told as JSON Schema, for Gemini refuses it in its own', (_, p) => {
    const { declaration, dropped } = declare(objectWith(p, { $schema: 'x', required: ['p'] }))

    expect(declaration.parametersJsonSchema).toEqual(objectWith(p, { required: ['p'] }))
    expect(declaration.parameters).toBeUndefined()
    expect(dropped).toEqual([])
  })

  test('whose arguments have any names is told as JSON Schema, and one without arguments as none', () => {
    const free = { type: 'object', additionalProperties: { type: 'string' } }

    expect(declare(free).declaration.parametersJsonSchema).toEqual(free)
    for (const none of [{ type: 'object' }, { type: 'object', properties: {}, additionalProperties: false }, {}]) {
      expect(Object.keys(declare(none).declaration)).toEqual(['name'])
    }
  })

  test('has its references written out, and a definition of itself is cut there by name', () => {
    const $defs = { node: objectWith({ $ref: '#/$defs/node' }), env: { type: 'object' } }

    const { declaration, dropped } = declare({ ...objectWith({ $ref: '#/$defs/env', description: 'd' }), $defs })
    const recursive = declare({ ...objectWith({ $ref: '#/$defs/node' }), $defs })

    expect(declaration.parametersJsonSchema).toEqual(objectWith({ type: 'object', description: 'd' }))
    expect(dropped).toEqual([])
    expect(recursive.declaration.parametersJsonSchema).toEqual(objectWith(objectWith({})))
    expect(recursive.dropped).toEqual(['tools.schema'])
  })

  test('that says what its arguments are is told in the form that Gemini keeps to more strictly', () => {
    const { declaration } = declare(objectWith({ type: 'string', maxLength: 10, additionalProperties: false }))

    expect(declaration.parameters).toEqual(objectWith({ type: 'string', maxLength: 10 }))
  })
})

test('an answer of any members is asked for as JSON, and one with such a part by JSON Schema', () => {
  const configOf = (schema: object) => encode({ format: { type: 'json_schema', schema } }).json.generationConfig

  expect(configOf({ type: 'object' })).toEqual({ responseMimeType: 'application/json' })
  expect(configOf(objectWith({ type: 'object' })).responseJsonSchema).toEqual(objectWith({ type: 'object' }))
  expect(configOf(objectWith({ type: 'string' })).responseSchema).toEqual(objectWith({ type: 'string' }))
})

test('no schema that a tool may have is refused', () => {
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<object>(
        {},
        { type: 'string', format: 'uri' },
        { type: ['string', 'null'] },
        { type: 'object' },
        { type: 'integer', exclusiveMinimum: 0, enum: [1, 2] },
        { enum: ['a', null] },
        { const: true },
        { $ref: '#/$defs/a' },
        { $ref: '#/$defs/b', description: 'd' },
      ),
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), description: fc.constant('d') }),
      fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
      fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('p', 'q'), tie('schema')),
        required: fc.constant(['p']),
        additionalProperties: fc.boolean(),
      }),
    ),
  }))

  fc.assert(
    fc.property(schema, schema, schema, (p, a, b) => {
      const parameters = { ...objectWith(p), $defs: { a, b } }
      checkGemini('gemini-3-pro', encode({ tools: [{ ...tool('Set'), parameters }] }).json)
    }),
    RUNS,
  )
})
