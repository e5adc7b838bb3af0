import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import type { Surface } from '../../src/core/dialect.ts'
import { openaiChatSurface } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface } from '../../src/dialect/openai-responses/index.ts'

const CSV = 'name,age\nÄnne,7\n'

function urlOf(mediaType: string, bytes: string | Uint8Array) {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`
}

const CLIENTS: readonly (readonly [name: string, surface: Surface, body: (url: string) => object])[] = [
  [
    'Chat',
    openaiChatSurface,
    (url) => ({
      messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'a.csv', file_data: url } }] }],
    }),
  ],
  [
    'Responses',
    openaiResponsesSurface,
    (url) => ({ input: [{ role: 'user', content: [{ type: 'input_file', filename: 'a.csv', file_data: url }] }] }),
  ],
]

describe.each(CLIENTS)('a file of a %s client', (_, surface, body) => {
  const decode = (url: string) => surface.decodeRequest(surface.readEnvelope({ model: 'm', ...body(url) }))

  test('that is text is told as text in every other dialect', () => {
    const request = decode(urlOf('text/csv', CSV))

    for (const { id, encodeRequest } of Object.values(UPSTREAMS)) {
      const { json, dropped } = encodeRequest(request, { model: 'claude-opus-5', quirks: {} })

      expect([id, JSON.stringify(json).includes(JSON.stringify(CSV).slice(1, -1)), dropped]).toEqual([id, true, []])
    }
  })

  test('that is no text after all, or a PDF, stays a file', () => {
    for (const url of [urlOf('text/plain', new Uint8Array([0xff, 0xfe])), urlOf('application/pdf', '%PDF')]) {
      expect(decode(url).turns[0]?.blocks[0]).toMatchObject({ type: 'document', source: { type: 'base64' } })
    }
  })
})

test('a picture called image/jpg is a JPEG to servers of other dialects, which know no other name', () => {
  const content = [{ type: 'image_url', image_url: { url: urlOf('image/jpg', 'x') } }]
  const body = { model: 'm', messages: [{ role: 'user', content }] }

  const { turns } = openaiChatSurface.decodeRequest(openaiChatSurface.readEnvelope(body))

  expect(turns[0]?.blocks[0]).toMatchObject({ source: { mediaType: 'image/jpeg' } })
})
