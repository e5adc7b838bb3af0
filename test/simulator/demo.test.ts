import { expect, test } from 'bun:test'
import { demoScript } from '../../src/simulator/demo.ts'
import { readInferenceRequest } from '../../src/simulator/request.ts'
import { CHAT, type Json, MESSAGES } from './support.ts'

function blocks(json: Json): unknown {
  return demoScript(readInferenceRequest({ operation: 'inference', flavor: 'anthropic' }, json, 100)).blocks
}

test('at most 200 characters of the last user text are repeated, none of them halved', () => {
  const [block] = blocks({ ...MESSAGES, messages: [{ role: 'user', content: '👋'.repeat(300) }] }) as { text: string }[]

  expect(block?.text).toContain('👋'.repeat(200))
  expect(block?.text).not.toContain('👋'.repeat(201))
  expect(block?.text.isWellFormed()).toBe(true)
})

test('a request for JSON by schema, as agents send for titles, gets a value of that shape', () => {
  const schema = {
    type: 'object',
    required: ['title', 'n'],
    properties: { title: { type: 'string' }, n: { type: 'integer' } },
  }
  const expected = [{ text: '{"title":"lynkr simulator","n":0}' }]

  expect(blocks({ ...MESSAGES, output_config: { format: { type: 'json_schema', schema } } })).toEqual(expected)
  expect(blocks({ ...CHAT, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })).toEqual(
    expected,
  )
})

test('so does one in the words of Gemini and of Converse, where a forced tool is called as well', () => {
  const schema = { type: 'object', required: ['title'], properties: { title: { type: 'string' } } }
  const value = { title: 'lynkr simulator' }
  const generationConfig = { responseMimeType: 'application/json', responseSchema: schema }
  const output = { output_config: { format: { type: 'json_schema', schema } } }
  const declared = [{ functionDeclarations: [{ name: 'Name', parameters: schema }] }]
  const calling = { mode: 'ANY', allowedFunctionNames: ['Name'] }
  const specified = [{ toolSpec: { name: 'Name', inputSchema: { json: schema } } }]

  const text = [{ text: JSON.stringify(value) }]
  const call = [{ tool: { name: 'Name', input: value } }]
  expect(blocks({ generationConfig })).toEqual(text)
  expect(blocks({ additionalModelRequestFields: output })).toEqual(text)
  expect(blocks({ tools: declared, toolConfig: { functionCallingConfig: calling } })).toEqual(call)
  expect(blocks({ toolConfig: { tools: specified, toolChoice: { tool: { name: 'Name' } } } })).toEqual(call)
  expect(blocks({ toolConfig: { tools: specified, toolChoice: { any: {} } } })).toEqual(call)
})

test('a forced tool is called with an argument of its shape', () => {
  const schema = { type: 'object', required: ['kind'], properties: { kind: { enum: ['b', 'a'] } } }
  const expected = [{ tool: { name: 'Pick', input: { kind: 'b' } } }]

  const anthropic = { tools: [{ name: 'Pick', input_schema: schema }], tool_choice: { type: 'tool', name: 'Pick' } }
  const chat = {
    tools: [{ type: 'function', function: { name: 'Pick', parameters: schema } }],
    tool_choice: 'required',
  }

  expect(blocks({ ...MESSAGES, ...anthropic })).toEqual(expected)
  expect(blocks({ ...CHAT, ...chat })).toEqual(expected)
})

test('a schema without end is cut off instead of followed', () => {
  const schema: Record<string, unknown> = { type: 'object', required: ['next'] }
  schema.properties = { next: schema }

  expect(JSON.stringify(blocks({ ...MESSAGES, output_config: { format: { type: 'json_schema', schema } } }))).toContain(
    'next',
  )
})
