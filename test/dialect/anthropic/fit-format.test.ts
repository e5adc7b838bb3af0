import { describe, expect, test } from 'bun:test'
import { anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'
import { requestOf } from '../openai-chat/support.ts'

const OPEN = {
  type: 'object',
  $defs: { Cat: { type: 'object', properties: { lives: { type: 'integer', minimum: 1, maximum: 9 } } } },
  properties: {
    name: { type: 'string', minLength: 1, format: 'email' },
    site: { type: 'string', format: 'uri-reference' },
    tags: { type: 'array', minItems: 2, items: { type: 'object', properties: { id: { type: 'string' } } } },
    pet: { oneOf: [{ $ref: '#/$defs/Cat' }, { type: 'null' }], discriminator: { propertyName: 'kind' } },
    map: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['name'],
}

const TAKEN = {
  type: 'object',
  $defs: { Cat: { type: 'object', properties: { lives: { type: 'integer' } }, additionalProperties: false } },
  properties: {
    name: { type: 'string', format: 'email' },
    site: { type: 'string' },
    tags: {
      type: 'array',
      items: { type: 'object', properties: { id: { type: 'string' } }, additionalProperties: false },
    },
    pet: { anyOf: [{ $ref: '#/$defs/Cat' }, { type: 'null' }] },
    map: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['name'],
  additionalProperties: false,
}

const CLOSED = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

const asked = (schema: object) => requestOf({ format: { type: 'json_schema', schema, strict: false } })

describe('the schema of an answer', () => {
  test('is closed before Claude, and bounds that it refuses are left out by name, in Converse, too', () => {
    const messages = anthropicUpstream.encodeRequest(asked(OPEN), { model: 'claude-opus-5', quirks: {} })
    const converse = bedrockConverseUpstream.encodeRequest(asked(OPEN), {
      model: 'anthropic.claude-opus-5',
      quirks: {},
    })

    const format = { type: 'json_schema', schema: TAKEN }
    expect(messages.json).toMatchObject({ output_config: { format } })
    expect(converse.json).toMatchObject({ additionalModelRequestFields: { output_config: { format } } })
    expect([messages.dropped, converse.dropped]).toEqual([['response_format.schema'], ['response_format.schema']])
  })

  test('that is closed already goes as it is, and so does any before other models', () => {
    for (const [schema, model] of [
      [CLOSED, 'claude-opus-5'],
      [OPEN, 'glm-5'],
    ] as const) {
      const { json, dropped } = anthropicUpstream.encodeRequest(asked(schema), { model, quirks: {} })

      expect(Object(json.output_config).format.schema).toEqual(schema)
      expect(dropped).toEqual([])
    }
  })

  test('whose objects may have any other members is closed, which is named', () => {
    const { dropped } = anthropicUpstream.encodeRequest(asked({ ...CLOSED, additionalProperties: true }), {
      model: 'claude-opus-5',
      quirks: {},
    })

    expect(dropped).toEqual(['response_format.schema'])
  })
})

describe('a strict tool', () => {
  const toolOf = (parameters: object, strict: boolean, model: string) => {
    const tools = [{ type: 'function', name: 'f', parameters: { ...parameters }, strict } as const]
    const { json, dropped } = anthropicUpstream.encodeRequest(requestOf({ tools }), { model, quirks: {} })
    return [Object(json.tools)[0].strict, dropped]
  }

  test('stays one where Claude can be held to its schema, else it is a tool like others, by name', () => {
    const bounded = { ...CLOSED, properties: { a: { type: 'integer', minimum: 1 } } }

    expect(toolOf(CLOSED, true, 'claude-opus-5')).toEqual([true, []])
    expect(toolOf(bounded, true, 'claude-opus-5')).toEqual([undefined, ['tools.strict']])
    expect(toolOf(bounded, true, 'glm-5')).toEqual([true, []])
  })

  test('is not spoken of where it is none, for many servers do not know the word', () => {
    expect(toolOf(CLOSED, false, 'claude-opus-5')).toEqual([undefined, []])
  })
})
