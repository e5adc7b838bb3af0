import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fitSchema } from '../../src/core/fit-schema.ts'
import { RUNS } from '../arbitraries.ts'

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    const: { const: 'a', format: 'uuid' },
    when: { anyOf: [{ type: 'string', format: 'date-time' }, { const: null }] },
    list: { type: 'array', items: { $ref: '#/$defs/Item' }, default: [{ const: 1 }] },
  },
  additionalProperties: false,
  $defs: { Item: { type: 'object', properties: { of: { $ref: '#/$defs/Item' } } } },
}

describe('a schema before a server with a profile', () => {
  test('is the very same where the profile says nothing of it', () => {
    expect(fitSchema(SCHEMA, undefined)).toEqual({ schema: SCHEMA, lost: [] })
    expect(fitSchema(SCHEMA, {}).schema).toBe(SCHEMA)
  })

  test('has its constants as enumerations, wherever a schema stands, and its data as it was', () => {
    const { schema, lost } = fitSchema(SCHEMA, { constAsEnum: true })

    expect(schema.properties).toMatchObject({
      const: { enum: ['a'] },
      when: { anyOf: [{ format: 'date-time' }, { enum: [null] }] },
      list: { default: [{ const: 1 }] },
    })
    expect(lost).toEqual([])
  })

  test('loses formats that the server does not know, by name', () => {
    const { schema, lost } = fitSchema(SCHEMA, { formats: ['date-time'] })

    expect(JSON.stringify(schema)).not.toContain('uuid')
    expect(JSON.stringify(schema)).toContain('date-time')
    expect(lost).toEqual(['tools.schema'])
  })

  test('loses keywords, named where a model could now do wrong, and never a property of that name', () => {
    const idle = fitSchema(SCHEMA, { without: ['$schema'] })
    const telling = fitSchema(SCHEMA, { without: ['additionalProperties', 'const'] })

    expect([idle.schema.$schema, idle.lost]).toEqual([undefined, []])
    expect(telling.lost).toEqual(['tools.schema'])
    expect(telling.schema).not.toHaveProperty('additionalProperties')
    expect(telling.schema.properties).toHaveProperty('const', { format: 'uuid' })
  })

  test('has its references written out first, and names a cut', () => {
    const { schema, lost } = fitSchema(SCHEMA, { inlineRefs: true, constAsEnum: true })

    expect(JSON.stringify(schema)).not.toContain('$ref')
    expect(lost).toEqual(['tools.recursion'])
  })

  test('fits, whatever it is, and once is enough', () => {
    const profile = { inlineRefs: true, constAsEnum: true, without: ['$comment', 'not'], formats: ['uri'] }
    const any = fc.object({
      key: fc.constantFrom('properties', 'items', 'anyOf', 'const', 'format', 'not', '$ref', '$defs', '__proto__', 'a'),
      values: [fc.constantFrom('#', '#/$defs/a', 'uuid', 'uri', null, 1)],
    })

    fc.assert(
      fc.property(any, (value) => {
        const schema = { ...value }
        const once = fitSchema(schema, profile).schema

        expect(fitSchema(once, profile).schema).toEqual(once)
      }),
      RUNS,
    )
  })
})
