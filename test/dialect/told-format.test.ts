import { expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { requestOf, tool } from './openai-chat/support.ts'

const schema = { type: 'object', properties: { answer: { type: 'integer' } }, required: ['answer'] }
const ASKED = { format: { type: 'json_schema', schema }, system: [{ type: 'text', text: 'Be brief.' }] } as const

test.each([
  ['bedrock-converse', 'us.amazon.nova-pro-v1:0', {}],
  ['bedrock-converse', 'us.meta.llama3-3-70b-instruct-v1:0', {}],
  ['openai-chat', 'm', { responseFormat: false }],
  ['gemini', 'gemini-2.5-flash', {}],
] as const)(
  'a model of %s that cannot be held to the schema of an answer is told it (%s)',
  (dialect, model, quirks) => {
    const request = requestOf({ ...ASKED, tools: [tool('Read')] })

    const { json } = UPSTREAMS[dialect].encodeRequest(request, { model, quirks })

    expect(JSON.stringify(json)).toContain(JSON.stringify(JSON.stringify(schema)).slice(1, -1))
  },
)

test.each([
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5'],
  ['openai-chat', 'gpt-5'],
  ['gemini', 'gemini-3-pro'],
] as const)('one of %s that can is not told it again (%s)', (dialect, model) => {
  const request = requestOf({ ...ASKED, tools: [tool('Read')] })

  const { json } = UPSTREAMS[dialect].encodeRequest(request, { model, quirks: {} })

  expect(JSON.stringify(json)).not.toContain('must fit this JSON Schema')
})
