import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { collect } from '../../src/core/collect.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { CLIENTS, rowProvider, UPSTREAM_ROWS } from './lanes.ts'
import { eventsOf, seenOf, wholeAnswer } from './read-answer.ts'

const SCHEMA = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
const TOOLS = [
  { name: 'read', description: 'reads a file', input_schema: SCHEMA },
  { type: 'function', name: 'list', description: 'lists a folder', parameters: SCHEMA },
  {
    type: 'custom',
    name: 'ApplyPatch',
    description: 'edits files',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "begin patch"' },
  },
  { type: 'function', function: { name: 'write', description: 'writes a file', parameters: SCHEMA } },
]
const MESSAGES = [
  { role: 'system', content: 'You are an agent.' },
  { role: 'user', content: [{ type: 'text', text: 'What is in a?' }] },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: '/a' } },
    ],
  },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'the words of a' }] }],
  },
]
const INPUT = [
  { role: 'system', content: 'You are an agent.' },
  { role: 'user', content: [{ type: 'input_text', text: 'What is in a?' }] },
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
  { type: 'function_call', call_id: 'toolu_1', name: 'read', arguments: '{"path":"/a"}' },
  { type: 'function_call_output', call_id: 'toolu_1', output: 'the words of a' },
]
const OWN = { messages: MESSAGES }
const OF_RESPONSES = {
  input: INPUT,
  reasoning: { effort: 'low', summary: 'auto' },
  store: false,
  max_output_tokens: 4_000,
}
const CHAT = CLIENTS.find(({ name }) => name === 'chat')

for (const row of UPSTREAM_ROWS) {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: rowProvider(row) })
  })
  afterEach(() => proxy.clear())
  afterAll(() => proxy.stop())

  describe.each([
    ['messages', OWN, true],
    ['messages', OWN, false],
    ['input', OF_RESPONSES, true],
    ['input', OF_RESPONSES, false],
  ])(`Cursor’s agent with its %s before ${row}`, (_, members, stream) => {
    test(`is served, stream ${stream}, though it sends tools, calls and results in the words of three APIs to one`, async () => {
      if (CHAT === undefined) throw new Error('there is no Chat client')
      const tool = { id: 'call_2', name: 'list', input: { path: '/' } }
      proxy.simulator.enqueue({ blocks: [{ text: 'And now the folder.' }, { tool }] })
      const body = { model: 'claude-sonnet-4-6', stream, tools: TOOLS, tool_choice: 'auto', ...members }

      const response = await post(proxy, body, { path: CHAT.path })
      const bytes = await response.bytes()

      expect(response.status).toBe(200)
      const [sent] = proxy.simulator.requests()
      const text = JSON.stringify(sent?.json)
      for (const words of [
        'reads a file',
        'lists a folder',
        'writes a file',
        'edits files',
        'begin patch',
        'I look.',
        '/a',
        'the words of a',
      ]) {
        expect(text).toContain(words)
      }
      const answer = stream ? collect(eventsOf(bytes, CHAT)) : wholeAnswer(new TextDecoder().decode(bytes), CHAT)
      expect(seenOf(answer)).toMatchObject({ text: 'And now the folder.', calls: [tool] })
    })
  })
}
