import { expect, test } from 'bun:test'
import { seal } from '../../../src/core/sealed.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'

const PROFILE = { model: 'claude-sonnet-5-5', quirks: {} }
const thinking = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature })
const user = { role: 'user', content: 'go' }
const said = { type: 'text', text: 'said' }

function envelopeOf(...content: readonly object[]) {
  const messages = [user, { role: 'assistant', content }, user]
  return anthropicSurface.readEnvelope({ model: 'claude-sonnet-5-5', max_tokens: 9, messages })
}

test('thinking that another vendor sealed does not pass through to Anthropic, and is named', () => {
  const envelope = envelopeOf(thinking(seal('openai-responses', ['rs_1', 'gAAA'])), thinking('EqQB'), said)

  expect(anthropicUpstream.editPassthrough(envelope, PROFILE)).toEqual({
    messages: [user, { role: 'assistant', content: [thinking('EqQB'), said] }, user],
  })
  expect(anthropicUpstream.passthroughLoss?.(envelope, PROFILE)).toEqual(['thinking'])
})

test('a turn of which nothing is left goes, and a conversation without such thinking is not touched', () => {
  const alone = envelopeOf(thinking(seal('gemini', ['x'])))
  const own = envelopeOf(thinking('EqQB'), said)

  expect(anthropicUpstream.editPassthrough(alone, PROFILE)).toEqual({ messages: [user, user] })
  expect(anthropicUpstream.editPassthrough(own, PROFILE)).toEqual({})
  expect(anthropicUpstream.passthroughLoss?.(own, PROFILE)).toEqual([])
})
