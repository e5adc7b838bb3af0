import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../../src/cli/surfaces.ts'
import { replay } from '../../../src/core/replay.ts'
import type { ChatResponse } from '../../../src/core/response.ts'
import { NO_USAGE } from '../../../src/core/usage.ts'
import { openaiChatSurface } from '../../../src/dialect/openai-chat/index.ts'
import { decode, encode } from './support.ts'

const PATCH = {
  type: 'custom',
  custom: {
    name: 'patch',
    description: 'Edits files.',
    format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
  },
}
const CALL = { id: 'c1', type: 'custom', custom: { name: 'patch', input: 'say "x"\n' } }
const BODY = {
  model: 'm',
  tools: [PATCH],
  tool_choice: { type: 'custom', custom: { name: 'patch' } },
  messages: [
    { role: 'user', content: 'go' },
    { role: 'assistant', content: null, tool_calls: [CALL] },
    { role: 'tool', tool_call_id: 'c1', content: 'done' },
  ],
}

describe('a custom tool of a Chat client', () => {
  test.each(Object.values(UPSTREAMS).filter(({ id }) => id !== 'openai-chat'))(
    'is offered to servers of $id as a function of one text, with its grammar in words, and so are its calls',
    ({ encodeRequest }) => {
      const { json, dropped } = encodeRequest(decode(BODY), { model: 'claude-sonnet-4-5', quirks: {} })

      const text = JSON.stringify(json)
      expect(text).toContain('patch')
      expect(text).toContain('lark grammar')
      expect(text.replaceAll('\\', '')).toContain('{"input":"say "x"n"}')
      expect(dropped).toEqual(['tools.custom'])
    },
  )

  test('goes to a Chat server as it came, with its choice and its calls', () => {
    expect(encode(decode(BODY)).json).toMatchObject({ ...BODY, model: 'model-sent' })
  })

  test('is called by its free text, streamed or whole, whoever the model was', () => {
    const answer: ChatResponse = {
      id: 'a',
      model: 'm',
      blocks: [{ type: 'tool_use', id: 'c1', name: 'patch', inputJson: '{"input":"say \\"x\\"\\n"}' }],
      reason: { kind: 'tool_use' },
      usage: NO_USAGE,
    }
    const options = { requestId: 'r', wallMs: 0, request: decode(BODY) }
    const encoder = openaiChatSurface.openEncoder(options)

    const streamed = replay(answer)
      .map((event) => encoder.push(event))
      .join('')

    expect(openaiChatSurface.encodeResponse(answer, options)).toMatchObject({
      choices: [{ message: { tool_calls: [CALL] }, finish_reason: 'tool_calls' }],
    })
    expect(streamed).toContain(JSON.stringify({ tool_calls: [{ index: 0, ...CALL }] }))
  })
})
