import { expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { requestOf } from './openai-chat/support.ts'

test.each([
  ['gemini', 'gemini-3-pro'],
  ['bedrock-converse', 'us.amazon.nova-pro-v1:0'],
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5'],
  ['openai-chat', 'gpt-4o'],
  ['anthropic', 'claude-sonnet-4-5'],
] as const)('an empty stop sequence, which %s refuses, stays behind by name (%s)', (dialect, model) => {
  const request = requestOf({ stopSequences: ['', 'END'] })

  const { json, dropped } = UPSTREAMS[dialect].encodeRequest(request, { model, quirks: {} })

  expect(JSON.stringify(json)).toContain('["END"]')
  expect(dropped).toContain('stop_sequences')
})

test('the places that a server has for stop sequences go to those that say something', () => {
  const request = requestOf({ stopSequences: ['', 'a', 'b', 'c', 'd'] })

  const { json } = UPSTREAMS['openai-chat'].encodeRequest(request, { model: 'gpt-4o', quirks: {} })

  expect(json.stop).toEqual(['a', 'b', 'c', 'd'])
})
