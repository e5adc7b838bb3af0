import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { UPSTREAMS } from '../../../src/cli/surfaces.ts'
import { anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { anyRequest, RUNS } from '../../arbitraries.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'

const parameters = {
  type: 'object',
  properties: { tree: { $ref: '#/$defs/Tree' } },
  $defs: { Tree: { type: 'object', properties: { child: { $ref: '#/$defs/Tree' } } } },
}
const request = { ...EMPTY_REQUEST, tools: [{ type: 'function' as const, name: 'plant', parameters }] }
const encode = (quirks: object) => openaiChatUpstream.encodeRequest(request, { model: 'm', quirks })

test('references in tool schemas are written out for a server that follows none, and a cut is named', () => {
  const { json, dropped } = encode({ toolSchemas: { inlineRefs: true } })

  expect(JSON.stringify(json)).not.toContain('$ref')
  expect(JSON.stringify(json)).toContain('"tree":{"type":"object","properties":{"child":{}}}')
  expect(dropped).toContain('tools.recursion')
})

test.each(Object.values(UPSTREAMS).map((upstream) => [upstream.id, upstream] as const))(
  'a profile fits the schemas of tools before a server of %s',
  (_, upstream) => {
    const { json, dropped } = upstream.encodeRequest(request, {
      model: 'm',
      quirks: { toolSchemas: { inlineRefs: true, without: ['type'] } },
    })

    expect(JSON.stringify(json)).not.toContain('$ref')
    expect(dropped).toEqual(expect.arrayContaining(['tools.recursion', 'tools.schema']))
  },
)

test('references go on as they are to a server that follows them', () => {
  const { json, dropped } = encode({})

  expect(JSON.stringify(json)).toContain('"$ref":"#/$defs/Tree"')
  expect(dropped).toEqual([])
})

test('a signature never reaches another vendor, and none is made up for the one that asks for it', () => {
  const mark = 'signature-that-only-its-maker-knows'
  fc.assert(
    fc.property(anyRequest('anthropic'), (any) => {
      const thought = { type: 'thinking' as const, text: 't', signature: mark }
      const signed = { ...any, turns: [...any.turns, { role: 'assistant' as const, blocks: [thought] }] }
      const unsigned = {
        ...EMPTY_REQUEST,
        turns: [{ role: 'assistant' as const, blocks: [{ ...thought, signature: '' }] }],
      }

      const chat = openaiChatUpstream.encodeRequest(signed, {
        model: 'm',
        quirks: { reasoningField: 'reasoning_content' },
      })
      const messages = anthropicUpstream.encodeRequest(unsigned, { model: 'm', quirks: {} })

      expect(JSON.stringify(chat.json)).not.toContain(mark)
      expect(JSON.stringify(messages.json)).not.toContain('signature')
      expect(messages.dropped).toContain('thinking')
    }),
    RUNS,
  )
})
