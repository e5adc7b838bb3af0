import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import type { Provider } from '../../src/core/target.ts'
import { prepare } from '../../src/pipeline/prepare.ts'
import { readRequestBody } from '../../src/pipeline/request-body.ts'
import { profileOf } from '../../src/simulator/profile.ts'
import { refusalOf } from '../../src/simulator/strict.ts'
import { RUNS } from '../arbitraries.ts'
import { CLIENTS, type ClientSide, dialectOf, rowProvider, UPSTREAM_ROWS } from './lanes.ts'

/** What was said somewhere, by whichever server, and kept by a client that may have lost half of it. */
type Said =
  | { readonly type: 'user' | 'assistant' | 'system'; readonly text: string }
  | { readonly type: 'call'; readonly id: string }
  | { readonly type: 'result'; readonly id: string }

/** Ids as servers make them: Kimi's has characters that others refuse, some are longer than any limit. */
const id = fc.constantFrom('call_1', 'call_2', 'functions.run:0', 'toolu_01Ab', `call_${'x'.repeat(90)}`, 'lynkr_a')
const text = fc.constantFrom('hello', 'go on', 'é')
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ type: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const), text }),
  fc.record({ type: fc.constant('call' as const), id }),
  fc.record({ type: fc.constant('result' as const), id }),
)
const history = fc.array(said, { maxLength: 10 }).map((all): Said[] => [...all, { type: 'user', text: 'go' }])

const TOOL = {
  name: 'run',
  description: 'Runs.',
  parameters: { type: 'object', properties: { a: { type: 'string' } } },
}

const WRITE: Readonly<Record<ClientSide['name'], (all: readonly Said[]) => object>> = {
  messages: (all) => ({
    max_tokens: 100,
    tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters }],
    messages: all.map((one) => {
      if (one.type === 'call') {
        return { role: 'assistant', content: [{ type: 'tool_use', id: one.id, name: 'run', input: {} }] }
      }
      if (one.type === 'result') {
        return { role: 'user', content: [{ type: 'tool_result', tool_use_id: one.id, content: 'done' }] }
      }
      return { role: one.type, content: one.text }
    }),
  }),
  chat: (all) => ({
    tools: [{ type: 'function', function: TOOL }],
    messages: all.map((one) => {
      if (one.type === 'call') {
        const call = { id: one.id, type: 'function', function: { name: 'run', arguments: '{}' } }
        return { role: 'assistant', content: null, tool_calls: [call] }
      }
      if (one.type === 'result') return { role: 'tool', tool_call_id: one.id, content: 'done' }
      return { role: one.type, content: one.text }
    }),
  }),
  responses: (all) => ({
    tools: [{ type: 'function', ...TOOL }],
    input: all.map((one) => {
      if (one.type === 'call') return { type: 'function_call', call_id: one.id, name: 'run', arguments: '{}' }
      if (one.type === 'result') return { type: 'function_call_output', call_id: one.id, output: 'done' }
      return { role: one.type, content: one.text }
    }),
  }),
}

function judge(client: ClientSide, row: string, all: readonly Said[]) {
  const { paths, quirks, ...provider } = rowProvider(row)
  const bytes = new TextEncoder().encode(JSON.stringify({ model: 'claude-sonnet-5-5', ...WRITE[client.name](all) }))
  const body = readRequestBody(bytes, client.surface)
  const headers = new Headers({ authorization: 'Bearer k', 'anthropic-version': '2023-06-01' })
  const target = { provider: { ...provider, paths, quirks: quirks ?? {} } as Provider, model: 'claude-sonnet-5-5' }
  const fit = { upstream: UPSTREAMS[dialectOf(row)], target, stripNames: [], originatesCacheMarks: false }
  const prepared = prepare(body, { surface: client.surface, headers }, fit)
  if (prepared.lane === 'passthrough') throw new Error('a lane of one dialect mends nothing')
  const path = (paths?.chat ?? '').replace('{model}', 'm')
  const profile = profileOf('POST', path.startsWith('/') ? path : `/${path}`, headers)
  if (profile === null) throw new Error(`nothing lives at ${path}`)
  const request = { method: 'POST', path, query: '', headers, body: new TextEncoder().encode(prepared.body) }
  const refusal = refusalOf(profile, request, JSON.parse(prepared.body), 0)
  return { refusal, prepared }
}

for (const row of UPSTREAM_ROWS) {
  for (const client of CLIENTS) {
    if (client.surface.id === dialectOf(row)) continue
    describe(`a ${client.name} client's conversation before ${row}`, () => {
      test('is taken, whatever was lost of it and whoever began it', () => {
        fc.assert(
          fc.property(history, (all) => {
            expect(judge(client, row, all).refusal).toBeNull()
          }),
          RUNS,
        )
      })
    })
  }
}

test('what a conversation was mended by is named beside what it lost', () => {
  const [, chat] = CLIENTS
  if (chat === undefined) throw new Error('no client')

  const { prepared } = judge(chat, 'bedrock-converse', [
    { type: 'user', text: 'go' },
    { type: 'call', id: 'call_1' },
    { type: 'user', text: 'on' },
    { type: 'result', id: 'gone' },
  ])

  expect(prepared.dropped).toEqual(expect.arrayContaining(['tool_use.unanswered', 'tool_result.orphan']))
})
