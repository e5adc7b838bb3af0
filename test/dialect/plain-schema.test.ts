import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { checkMessages } from '../../src/simulator/strict-anthropic.ts'
import { checkConverse } from '../../src/simulator/strict-converse.ts'
import { checkParameters } from '../../src/simulator/strict-schema.ts'
import { requestOf, tool } from './openai-chat/support.ts'

const ALTERNATIVES = {
  type: 'object',
  properties: { note: { type: 'string' } },
  oneOf: [
    { properties: { id: { type: 'integer' } }, required: ['id'] },
    { properties: { path: { type: 'string' } }, required: ['path'] },
  ],
}
const EDIT = { ...tool('Edit'), description: 'Edits.', parameters: ALTERNATIVES }

/** What the tool has become on its way: name of its server's dialect, model. */
function encoded(dialect: keyof typeof UPSTREAMS, model: string, parameters: Readonly<Record<string, unknown>>) {
  const request = requestOf({ tools: [{ ...EDIT, parameters }] })
  const { json, dropped } = UPSTREAMS[dialect].encodeRequest(request, { model, quirks: {} })
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

describe('a tool with alternatives at the top of its schema, which servers refuse,', () => {
  test.each([
    ['openai-chat', 'gpt-5', 'function'],
    ['openai-responses', 'gpt-5', ''],
  ] as const)('reaches %s as one object, whose description tells them', (dialect, model, inner) => {
    const { json, dropped } = encoded(dialect, model, ALTERNATIVES)

    const { parameters, description } = inner === '' ? json.tools[0] : json.tools[0][inner]
    checkParameters('Edit', parameters)
    expect(Object.keys(parameters.properties)).toEqual(['note', 'id', 'path'])
    expect(description).toBe(`Edits.\n\nThe arguments must fit one of: ${JSON.stringify(ALTERNATIVES.oneOf)}`)
    expect(dropped).toContain('tools.schema')
  })

  test('reaches Claude so', () => {
    const { json, dropped } = encoded('anthropic', 'claude-sonnet-4-5', ALTERNATIVES)

    checkMessages({ operation: 'chat' } as never, new Headers({ 'anthropic-version': '2023-06-01' }), json)
    expect(Object.keys(json.tools[0].input_schema.properties)).toEqual(['note', 'id', 'path'])
    expect(dropped).toContain('tools.schema')
  })

  test.each(['us.anthropic.claude-sonnet-4-5', 'us.amazon.nova-pro-v1:0'])('reaches Converse so (%s)', (model) => {
    const { json } = encoded('bedrock-converse', model, ALTERNATIVES)

    checkConverse(model, json)
    const { inputSchema, description } = json.toolConfig.tools[0].toolSpec
    expect(Object.keys(inputSchema.json)).toEqual(expect.not.arrayContaining(['oneOf']))
    expect(description).toContain('The arguments must fit one of')
  })

  test('tells by what they require where they are long', () => {
    const long = ALTERNATIVES.oneOf.map((one) => ({ ...one, description: 'x'.repeat(2_000) }))

    const { json } = encoded('anthropic', 'claude-sonnet-4-5', { ...ALTERNATIVES, oneOf: long })

    expect(json.tools[0].description).toEndWith('[{"required":["id"]},{"required":["path"]}]')
  })
})

test('what else OpenAI refuses at the top of a schema stays behind, by name', () => {
  const { json, dropped } = encoded('openai-chat', 'gpt-5', {
    type: 'object',
    properties: {},
    not: { required: ['a'] },
  })

  checkParameters('Edit', json.tools[0].function.parameters)
  expect(dropped).toContain('tools.schema')
})
