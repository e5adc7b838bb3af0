import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { collect } from '../../src/core/collect.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { CLIENTS, type ClientSide, dialectOf, rowProvider, UPSTREAM_ROWS } from './lanes.ts'
import { eventsOf, seenOf, wholeAnswer } from './read-answer.ts'
import { responsesForm } from './responses-form.ts'

const NAMES = [
  'db.lookup',
  'github/list_commits',
  'mcp__files:read file',
  'überprüfe',
  '1st-try',
  `mcp__a-server__${'a_long_name_'.repeat(12)}`,
]
const SCHEMA = { type: 'object', properties: { path: { type: 'string' } } }

for (const row of UPSTREAM_ROWS) {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: rowProvider(row) })
  })
  afterEach(() => proxy.clear())
  afterAll(() => proxy.stop())

  // Between two of one dialect a name is the client's and the vendor's business.
  for (const client of CLIENTS.filter(({ surface }) => surface.id !== dialectOf(row))) {
    describe(`a ${client.name} client before ${row}`, () => {
      test.each(NAMES.flatMap((name) => [true, false].map((stream) => [name, stream] as const)))(
        'offers, chooses, has called and is asked to call %s by the name that it knows (stream: %p)',
        async (name, stream) => {
          const first = await post(proxy, bodyOf(client, name, stream), { path: client.path })
          await first.text()
          expect(first.status).toBe(200)
          const names = namesIn(proxy.simulator.requests()[0]?.json)
          expect(names.size).toBe(1)
          const [wireName = ''] = names

          const tool = { id: 'call_1', name: wireName, input: { path: '/a' } }
          proxy.simulator.enqueue({ blocks: [{ tool }] })
          const response = await post(proxy, bodyOf(client, name, stream), { path: client.path })
          const bytes = await response.bytes()

          const answer = stream
            ? collect(eventsOf(bytes, client))
            : wholeAnswer(new TextDecoder().decode(bytes), client)
          expect(seenOf(answer).calls).toEqual([{ id: 'call_1', name, input: { path: '/a' } }])
        },
      )
    })
  }
}

function bodyOf(client: ClientSide, name: string, stream: boolean): object {
  const members = { model: 'claude-sonnet-5-5', stream }
  if (client.name === 'messages') {
    return {
      ...members,
      max_tokens: 4_000,
      tools: [{ name, input_schema: SCHEMA }],
      tool_choice: { type: 'tool', name },
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name, input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'done' }] },
      ],
    }
  }
  const chat = {
    tools: [{ type: 'function', function: { name, parameters: SCHEMA } }],
    tool_choice: { type: 'function', function: { name } },
    messages: [
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_0', type: 'function', function: { name, arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_0', content: 'done' },
    ],
  }
  return { ...members, ...(client.name === 'chat' ? chat : responsesForm(chat)) }
}

/** Every name of a tool in a request: declared, chosen, called. */
function namesIn(json: unknown): Set<string> {
  const found = new Set<string>()
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'name' && typeof inner === 'string') found.add(inner)
      if (key === 'allowedFunctionNames' && Array.isArray(inner)) for (const one of inner) found.add(one)
      walk(inner)
    }
  }
  walk(json)
  return found
}
