import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import type { Block } from '../../src/core/block.ts'
import type { DialectId } from '../../src/core/dialect.ts'
import { withToldResults } from '../../src/dialect/told-results.ts'
import { assistantTurn, call, requestOf, result, userTurn } from './openai-chat/support.ts'

const opaque = (payload: object, dialect: DialectId): Block => ({
  type: 'opaque',
  dialect,
  payload,
  deltas: [],
})
const anthropic = (payload: object) => opaque(payload, 'anthropic')
const responses = (payload: object) => opaque(payload, 'openai-responses')

const SEARCH = anthropic({ type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'cats' } })
const FOUND = anthropic({
  type: 'web_search_tool_result',
  tool_use_id: 's1',
  content: [{ type: 'web_search_result', title: 'Cats', url: 'https://cats.test', encrypted_content: 'xxx' }],
})

/** What is told of an answer's blocks. */
function told(...blocks: Block[]): string {
  const { turns } = withToldResults(requestOf({ turns: [userTurn('go'), assistantTurn(...blocks)] }), 'gemini')
  const [, before] = turns.length > 2 ? turns : []
  return before?.blocks.map((block) => (block.type === 'text' ? block.text : '?')).join('\n') ?? ''
}

describe('what a vendor’s own tool gave', () => {
  test('is told by the user in front of the answer that came of it, with what was asked', () => {
    const turns = [userTurn('go'), assistantTurn(SEARCH, FOUND, { type: 'text', text: 'They purr.' }), userTurn('more')]

    const request = withToldResults(requestOf({ turns }), 'openai-chat')

    const text = '[web_search {"query":"cats"} gave:]\nCats – https://cats.test'
    expect(request.turns).toEqual([
      userTurn('go'),
      { role: 'user', blocks: [{ type: 'text', text }] },
      ...turns.slice(1),
    ])
  })

  test.each([
    [{ type: 'web_search_tool_result', content: { error_code: 'unavailable' } }, 'error: unavailable'],
    [
      {
        type: 'web_fetch_tool_result',
        content: { url: 'https://a.test', content: { type: 'document', source: { type: 'text', data: 'Page.' } } },
      },
      'https://a.test\nPage.',
    ],
    [{ type: 'bash_code_execution_tool_result', content: { stdout: '1\n', stderr: 'oh' } }, '1\n\noh'],
    [{ type: 'code_execution_tool_result', content: { stdout: '42', stderr: '', return_code: 0 } }, '42'],
    [{ type: 'text_editor_code_execution_tool_result', content: { content: 'a file' } }, 'a file'],
    [{ type: 'mcp_tool_result', content: [{ type: 'text', text: 'rows' }] }, 'rows'],
    [{ type: 'advisor_tool_result', content: { type: 'advisor_result', text: 'Do it.' } }, 'Do it.'],
  ])('is told of %j', (payload, text) => {
    expect(told(anthropic(payload))).toEndWith(` gave:]\n${text}`)
  })

  test.each([
    [{ type: 'file_search_call', queries: ['q'], results: [{ filename: 'a.md', text: 'Found.' }] }, 'a.md\nFound.'],
    [{ type: 'code_interpreter_call', code: '1+1', outputs: [{ type: 'logs', logs: '2' }] }, '2'],
    [{ type: 'mcp_call', name: 'ask', arguments: '{"a":1}', output: 'yes' }, 'yes'],
  ])('is told of %j, which holds its call too', (payload, text) => {
    expect(told(responses(payload))).toEndWith(` gave:]\n${text}`)
  })

  test.each([
    { type: 'code_execution_tool_result', content: { encrypted_stdout: 'xxx' } },
    { type: 'image_generation_call', result: 'aGk=' },
    { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
  ])('is not told where there is nothing to read: %j', (payload) => {
    expect(told(anthropic(payload))).toBe('')
  })

  test('is cut where it is long', () => {
    const data = 'x'.repeat(100_000)
    const page = { url: 'u', content: { source: { type: 'text', data } } }

    const text = told(anthropic({ type: 'web_fetch_tool_result', content: page }))

    expect([text.length < 20_100, text.endsWith(' […]')]).toEqual([true, true])
  })

  test('never stands between a call and its result', () => {
    const turns = [userTurn('go'), assistantTurn(call('a')), assistantTurn(SEARCH, FOUND), userTurn(result('a', 'ok'))]

    const request = withToldResults(requestOf({ turns }), 'gemini')

    expect(request.turns.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'assistant', 'user'])
  })

  test('is found by its call, up to a thousand results of a conversation', () => {
    const pairs = Array.from({ length: 20_000 }, (_, i) => [
      anthropic({ type: 'server_tool_use', id: `s${i}`, name: 'web_search', input: { query: `q${i}` } }),
      anthropic({ type: 'web_search_tool_result', tool_use_id: `s${i}`, content: [{ title: 'A', url: `u${i}` }] }),
    ])

    const text = told(...pairs.flat())

    expect(text).toStartWith('[web_search {"query":"q0"} gave:]\nA – u0\n')
    expect(text).toEndWith('[web_search {"query":"q999"} gave:]\nA – u999')
  })

  test('is left to its own vendor as it is', () => {
    const request = requestOf({ turns: [userTurn('go'), assistantTurn(SEARCH, FOUND)] })

    expect(withToldResults(request, 'anthropic')).toBe(request)
  })
})

test.each(Object.values(UPSTREAMS).filter(({ id }) => id !== 'anthropic'))(
  'a server of $id is told it, and the block is named all the same',
  ({ id, encodeRequest }) => {
    const request = requestOf({ turns: [userTurn('go'), assistantTurn(SEARCH, FOUND), userTurn('more')] })

    const { json, dropped } = encodeRequest(withToldResults(request, id), { model: 'm', quirks: {} })

    expect(JSON.stringify(json)).toContain('Cats – https://cats.test')
    expect(dropped).toContain('block.web_search_tool_result')
  },
)
