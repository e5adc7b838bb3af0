import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import type { Surface } from '../../src/core/dialect.ts'
import { pairCalls } from '../../src/core/pair-calls.ts'
import type { ChatRequest } from '../../src/core/request.ts'
import { openaiChatSurface } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface } from '../../src/dialect/openai-responses/index.ts'
import { requestOf, userTurn } from './openai-chat/support.ts'

const PNG = 'iVBORw0KGgo='
const URL = `data:image/png;base64,${PNG}`
const PICTURE = { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: PNG } } as const

const chat = {
  model: 'm',
  messages: [
    {
      role: 'system',
      content: [
        { type: 'text', text: 'This is our logo.' },
        { type: 'image_url', image_url: { url: URL } },
      ],
    },
    { role: 'user', content: 'Describe it.' },
  ],
}

const responses = {
  model: 'm',
  instructions: 'This is our logo.',
  input: [
    { role: 'developer', content: [{ type: 'input_image', image_url: URL }] },
    { role: 'user', content: 'Describe it.' },
  ],
}

describe('a picture in the prompt', () => {
  test.each<[string, Surface, object]>([
    ['Chat', openaiChatSurface, chat],
    ['Responses', openaiResponsesSurface, responses],
  ])('of a %s client is shown in front of what the user says first', (_, surface, body) => {
    const { system, turns } = surface.decodeRequest(surface.readEnvelope(body))

    expect(system).toEqual([{ type: 'text', text: 'This is our logo.' }])
    expect(turns).toEqual([userTurn(PICTURE, 'Describe it.')])
  })

  test('keeps what its message says besides, which another dialect names as lost', () => {
    const messages = [
      { ...chat.messages[0], content: chat.messages[0]?.content.slice(1), name: 'ann' },
      chat.messages[1],
    ]
    const request = openaiChatSurface.decodeRequest(openaiChatSurface.readEnvelope({ ...chat, messages }))

    for (const upstream of [UPSTREAMS.anthropic, UPSTREAMS['bedrock-converse'], UPSTREAMS.gemini]) {
      const { dropped } = upstream.encodeRequest(request, { model: 'm', quirks: {} })

      expect([upstream.id, ...dropped]).toEqual([upstream.id, expect.stringMatching(/^(block|image)\.name$/)])
    }
  })

  test('is shown by itself where the conversation begins with an answer', () => {
    const messages = [chat.messages[0], { role: 'assistant', content: 'A logo.' }, { role: 'user', content: 'on' }]

    const { turns } = openaiChatSurface.decodeRequest(openaiChatSurface.readEnvelope({ ...chat, messages }))

    expect(turns[0]).toEqual(userTurn(PICTURE))
    expect(turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })
})

describe('a picture in a system message inside the conversation', () => {
  const asked = (...blocks: ChatRequest['turns'][number]['blocks']) =>
    pairCalls(requestOf({ turns: [userTurn('go'), { role: 'system', blocks }, userTurn('on')] })).request

  test.each(Object.values(UPSTREAMS))('reaches servers of $id, with its words and without', ({ encodeRequest }) => {
    for (const midSystem of ['fold', 'keep'] as const) {
      const profile = { model: 'm', quirks: { midSystem } }
      const both = JSON.stringify(encodeRequest(asked({ type: 'text', text: 'The logo.' }, PICTURE), profile).json)
      const alone = JSON.stringify(encodeRequest(asked(PICTURE), profile).json)

      expect([both.includes(PNG), both.includes('The logo.'), alone.includes(PNG)]).toEqual([true, true, true])
    }
  })
})
