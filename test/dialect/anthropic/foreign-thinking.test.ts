import { expect, test } from 'bun:test'
import { isUtf8 } from 'node:buffer'
import { createOutliner } from '../../../src/core/json-outline.ts'
import { seal } from '../../../src/core/sealed.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { UNSIGNED } from '../../../src/dialect/anthropic/thinking-signature.ts'
import { encryptedBlock } from '../../../src/dialect/openai-chat/reasoning.ts'
import { readRequestBody } from '../../../src/pipeline/request-body.ts'

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

  expect(anthropicUpstream.fitPassthrough(envelope, PROFILE).edits).toEqual({
    messages: [user, { role: 'assistant', content: [thinking('EqQB'), said] }, user],
  })
  expect(anthropicUpstream.fitPassthrough(envelope, PROFILE).lost).toEqual(['thinking'])
})

test('a turn of which nothing is left goes, and a conversation without such thinking is not touched', () => {
  const alone = envelopeOf(thinking(seal('gemini', ['x'])))
  const own = envelopeOf(thinking('EqQB'), said)

  expect(anthropicUpstream.fitPassthrough(alone, PROFILE).edits).toEqual({ messages: [user, user] })
  expect(anthropicUpstream.fitPassthrough(own, PROFILE).edits).toEqual({})
  expect(anthropicUpstream.fitPassthrough(own, PROFILE).lost).toEqual([])
})

test('encrypted reasoning of a Chat server, kept as redacted thinking, goes back to no other', () => {
  const detail = { type: 'reasoning.encrypted', data: 'gAAA'.repeat(50), id: 'rs_1', format: 'openai-responses-v1' }
  const kept = encryptedBlock(detail)
  const own = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }
  const envelope = envelopeOf(kept, own, said)

  expect(anthropicUpstream.fitPassthrough(envelope, PROFILE).edits).toEqual({
    messages: [user, { role: 'assistant', content: [own, said] }, user],
  })
  expect(anthropicUpstream.fitPassthrough(envelope, PROFILE).lost).toEqual(['thinking'])
  const { json, dropped } = anthropicUpstream.encodeRequest(anthropicSurface.decodeRequest(envelope), PROFILE)
  expect(JSON.stringify(json)).not.toContain('reasoning.encrypted')
  expect(JSON.stringify(json)).toContain(own.data)
  expect(dropped).toEqual(['redacted_thinking'])
})

test('so it is told from a shape in which long texts are cut', () => {
  const outline = createOutliner(isUtf8, { bytesMin: 0, keptBytes: 24 })
  const kept = encryptedBlock({ type: 'reasoning.encrypted', data: 'gAAA'.repeat(50), id: 'rs_1' })
  const sealed = thinking(seal('openai-responses', ['rs_1', 'gAAA'.repeat(50)]))
  const content = [kept, sealed, thinking(UNSIGNED)]
  const body = { model: 'claude-sonnet-5-5', max_tokens: 9, messages: [user, { role: 'assistant', content }] }

  const { envelope } = readRequestBody(Buffer.from(JSON.stringify(body)), anthropicSurface, outline)

  expect(anthropicUpstream.fitPassthrough(envelope, PROFILE).edits).toEqual({ messages: [user] })
})
