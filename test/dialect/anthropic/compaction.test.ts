import { expect, test } from 'bun:test'
import { anthropicSurface } from '../../../src/dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'
import { geminiUpstream } from '../../../src/dialect/gemini/index.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'

const OTHERS = [openaiChatUpstream, openaiResponsesUpstream, geminiUpstream, bedrockConverseUpstream]

const decode = (messages: readonly object[]) =>
  anthropicSurface.decodeRequest(anthropicSurface.readEnvelope({ model: 'm', max_tokens: 9, messages }))

const before = { role: 'user', content: 'long ago' }
const compaction = (content: string | null) => ({ type: 'compaction', content })
const text = (said: string) => ({ type: 'text', text: said })

test.each(OTHERS.map((upstream) => [upstream.id, upstream] as const))(
  'a conversation that Anthropic has summed up goes on by its summary before a server of %s',
  (_, upstream) => {
    const request = decode([
      before,
      { role: 'assistant', content: [text('an old answer'), compaction('The user builds a boat.'), text('On we go.')] },
      { role: 'user', content: 'and the mast?' },
    ])

    const { json, dropped } = upstream.encodeRequest(request, { model: 'some-model', quirks: {} })

    const sent = JSON.stringify(json)
    const places = ['The user builds a boat.', 'On we go.', 'and the mast?'].map((words) => sent.indexOf(words))
    expect(places).toEqual(places.toSorted((one, other) => one - other))
    expect(places).not.toContain(-1)
    for (const words of ['long ago', 'an old answer']) expect(sent).not.toContain(words)
    expect(dropped).toEqual([])
  },
)

test('the last of several summaries counts, and one that failed does not', () => {
  const { turns } = decode([
    { role: 'assistant', content: [compaction('first')] },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: [compaction('second')] },
    { role: 'user', content: 'b' },
    { role: 'assistant', content: [compaction(null), text('c')] },
    { role: 'user', content: 'd' },
  ])

  expect(turns.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'user'])
  expect(JSON.stringify(turns[0])).toContain('second')
})
