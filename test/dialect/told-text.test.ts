import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import type { Block } from '../../src/core/block.ts'
import { anthropicSurface } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import { assistantTurn, call, requestOf, userTurn } from './openai-chat/support.ts'

const FOUND = {
  type: 'search_result',
  title: 'Cats',
  source: 'cats.txt',
  content: [{ type: 'text', text: 'They purr.' }],
}
const OTHERS = Object.values(UPSTREAMS).filter(({ id }) => id !== 'anthropic')

function opaque(payload: object): Block {
  return { type: 'opaque', dialect: 'anthropic', payload, deltas: [] }
}

describe.each(OTHERS)('a server of $id', ({ encodeRequest }) => {
  const sent = (...blocks: Block[]) =>
    encodeRequest(requestOf({ turns: [userTurn('go'), assistantTurn(call('c')), userTurn(...blocks)] }), {
      model: 'claude-opus-5',
      quirks: {},
    })

  test('is told the words of a search result, in a message or as what a tool found', () => {
    const result: Block = { type: 'tool_result', toolUseId: 'c', content: [opaque(FOUND)], isError: false }
    const none: Block = { ...result, content: [] }

    for (const { json, dropped } of [sent(result), sent(none, opaque(FOUND))]) {
      expect(JSON.stringify(json)).toContain('Cats\\ncats.txt\\nThey purr.')
      expect(dropped).toContain('block.search_result')
    }
  })

  test('is told which tool a search for tools has found', () => {
    const content = [opaque({ type: 'tool_reference', tool_name: 'mcp__a__b' })]

    const { json } = sent({ type: 'tool_result', toolUseId: 'c', content, isError: false })

    expect(JSON.stringify(json)).toContain('[the tool mcp__a__b can be called]')
  })

  test('is told nothing of who pays at Anthropic, which changes with every request', () => {
    const system = ['x-anthropic-billing-header: cch=1;', 'Rules.']
    const body = {
      model: 'm',
      system: system.map((text) => ({ type: 'text', text })),
      messages: [{ role: 'user', content: 'x' }],
    }

    const { json } = encodeRequest(anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(body)), {
      model: 'claude-opus-5',
      quirks: {},
    })

    expect(JSON.stringify(json)).not.toContain('billing')
    expect(JSON.stringify(json)).toContain('Rules.')
  })
})

describe.each(Object.values(UPSTREAMS).filter(({ id }) => id !== 'openai-chat' && id !== 'gemini'))(
  'a server of $id',
  (upstream) => {
    test('is told of sound that it cannot hear, where nothing else was said', () => {
      const part = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }
      const body = { model: 'm', messages: [{ role: 'user', content: [part] }] }

      const { json, dropped } = upstream.encodeRequest(
        openaiChatSurface.decodeRequest(openaiChatSurface.readEnvelope(body)),
        { model: 'claude-opus-5', quirks: {} },
      )

      expect(JSON.stringify(json)).toContain('[a recording was here that this model cannot hear]')
      expect(JSON.stringify(json)).not.toContain('UklGRg==')
      expect(dropped).toContain('block.input_audio')
    })
  },
)

test('text beside cited text is of the same sentence in Chat', () => {
  const cited = (text: string): Block => ({ type: 'text', text, citations: { dialect: 'anthropic', items: [{}] } })
  const turns = [userTurn('go'), assistantTurn('Cats ', cited('purr'), ' a lot.', 'Dogs do not.'), userTurn('on')]

  const { json } = openaiChatUpstream.encodeRequest(requestOf({ turns }), { model: 'm', quirks: {} })

  expect(Object(json).messages[1].content).toBe('Cats purr a lot.\n\nDogs do not.')
})

test.each([
  [
    'a document of parts',
    { type: 'document', title: 'a', source: { type: 'content', content: [{ type: 'text', text: 'one' }] } },
    'a\none',
  ],
  [
    'a file of a container',
    { type: 'container_upload', file_id: 'f' },
    '[a file was here that this model cannot be shown]',
  ],
])('a message of nothing but %s is told to every server, and no conversation without a word', (_, block, told) => {
  const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [block] }] }
  const request = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(body))

  for (const upstream of Object.values(UPSTREAMS)) {
    if (upstream.id === 'anthropic') continue
    const { json, dropped } = upstream.encodeRequest(request, { model: 'm', quirks: {} })

    expect(JSON.stringify(json)).toContain(JSON.stringify(told))
    expect(dropped).toContain(`block.${block.type}`)
  }
})
