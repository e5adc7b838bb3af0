import { expect, test } from 'bun:test'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'
import { checkConverse } from '../../../src/simulator/strict-converse.ts'
import { requestOf, tool } from '../openai-chat/support.ts'

const NOVA = 'us.amazon.nova-pro-v1:0'

function encoded(parameters: Readonly<Record<string, unknown>>) {
  const request = requestOf({ tools: [{ ...tool('Read'), parameters }] })
  const { json, dropped } = bedrockConverseUpstream.encodeRequest(request, { model: NOVA, quirks: {} })
  const wire = JSON.parse(JSON.stringify(json))
  checkConverse(NOVA, wire)
  return { schema: wire.toolConfig.tools[0].toolSpec.inputSchema.json, dropped }
}

test('a tool of Claude Code’s reaches Nova, which takes no more than type, properties and required', () => {
  const properties = { path: { type: 'string' } }
  const $schema = 'https://json-schema.org/draft/2020-12/schema'

  const { schema, dropped } = encoded({
    $schema,
    type: 'object',
    properties,
    required: ['path'],
    additionalProperties: false,
  })

  expect(schema).toEqual({ type: 'object', properties, required: ['path'] })
  expect(dropped).toEqual([])
})

test('definitions are written out for it', () => {
  const $defs = { Path: { type: 'string' } }

  const { schema } = encoded({ type: 'object', properties: { path: { $ref: '#/$defs/Path' } }, $defs })

  expect(schema.properties).toEqual({ path: { type: 'string' } })
})

test('what is lost for the model is named', () => {
  const { dropped } = encoded({ type: 'object', additionalProperties: { type: 'string' } })

  expect(dropped).toEqual(['tools.schema'])
})
