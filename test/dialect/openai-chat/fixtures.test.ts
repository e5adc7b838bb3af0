import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { assertGrammatical, contextOf } from './support.ts'

const FOLDER = 'test/fixtures/openai-chat'

for (const path of new Glob('*.sse').scanSync(FOLDER)) {
  test(`the stream ${path} means the events written beside it`, async () => {
    const bytes = await Bun.file(`${FOLDER}/${path}`).bytes()
    const expected = await Bun.file(`${FOLDER}/${path.replace('.sse', '.events.json')}`).json()
    const decoder = openaiChatUpstream.openDecoder(contextOf())

    const events = [
      ...openSseFramer()
        .push(bytes)
        .frames.flatMap((frame) => decoder.push(frame)),
      ...decoder.end(),
    ]

    expect(events).toEqual(expected)
    assertGrammatical(events)
  })
}
