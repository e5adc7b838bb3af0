import { describe, expect, test } from 'bun:test'
import { openaiChatSurface } from '../../../src/dialect/openai-chat/index.ts'

const { readEnvelope, decodeRequest, toolsOf, limitOutput, isMixed } = openaiChatSurface
const input = [{ role: 'user', content: 'hi' }]
const envelopeOf = (members: object) => readEnvelope({ model: 'm', input, ...members })

describe('a body of Responses at the path of Chat', () => {
  test('is read as one, with usage in its stream as Chat asks for it', () => {
    const request = decodeRequest(envelopeOf({ instructions: 'be brief', max_output_tokens: 50, stream: true }))

    expect(request).toMatchObject({ maxOutputTokens: 50, wantsStreamUsage: false })
    expect(request.system.map(({ text }) => text)).toEqual(['be brief'])
    const asking = envelopeOf({ stream: true, stream_options: { include_usage: true } })
    expect(decodeRequest(asking)).toMatchObject({ wantsStreamUsage: true })
    expect(decodeRequest(asking).opaque).toBeUndefined()
  })

  test('goes to no server as it came, and one of Chat does', () => {
    expect(isMixed?.(envelopeOf({}))).toBe(true)
    expect(isMixed?.(readEnvelope({ model: 'm', messages: input }))).toBe(false)
  })

  test('is limited under its own name', () => {
    expect(limitOutput(envelopeOf({}), 9)).toEqual({ max_output_tokens: 9 })
    expect(limitOutput(readEnvelope({ model: 'm', messages: input }), 9)).toEqual({ max_completion_tokens: 9 })
  })

  test('tells of all its tools, those that an item adds, too', () => {
    const added = { type: 'additional_tools', tools: [{ type: 'function', name: 'c' }] }
    const tools = [
      { type: 'function', name: 'a' },
      { type: 'function', function: { name: 'b' } },
    ]

    const offered = toolsOf(envelopeOf({ tools, input: [...input, added] }))

    expect(offered.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  test.each([
    ['an earlier answer, of which nothing is known there', { previous_response_id: 'resp_1' }],
    ['no item', { input: [] }],
    ['an item that is none', { input: [3] }],
    ['an answer in the background', { background: true }],
  ])('is refused with %s', (_, members) => {
    expect(() => envelopeOf(members)).toThrow(expect.objectContaining({ kind: 'invalid_request' }))
  })
})
