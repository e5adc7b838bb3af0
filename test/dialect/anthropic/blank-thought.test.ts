import { expect, test } from 'bun:test'
import { seal } from '../../../src/core/sealed.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { VENDOR_ROWS } from '../../../src/routing/rows-vendors.ts'
import { assistantTurn, call, requestOf, userTurn } from '../openai-chat/support.ts'

const QUIRKS = VENDOR_ROWS.find(({ id }) => id === 'deepseek')?.quirks ?? {}
const PROFILE = { model: 'deepseek-v4-pro', quirks: QUIRKS }
const BLANK = { type: 'thinking', thinking: ' ', signature: '' }
const user = { role: 'user', content: 'go' }
const use = { type: 'tool_use', id: 't', name: 'f', input: {} }
const own = { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 's' }, use] }
const sealed = { type: 'thinking', thinking: 'hm', signature: seal('openai-responses', ['rs_1', 'gAAA']) }

function editsOf(thinking: object | undefined, ...messages: readonly object[]) {
  const body = { model: 'deepseek-v4-pro', max_tokens: 9, messages, ...(thinking && { thinking }) }
  return anthropicUpstream.fitPassthrough(anthropicSurface.readEnvelope(body), PROFILE).edits
}

test('DeepSeek gets a blank before each answer that has no thought, which it would refuse', () => {
  const others = [
    { role: 'assistant', content: [use] },
    { role: 'assistant', content: 'done' },
  ]

  for (const thinking of [undefined, { type: 'adaptive' }]) {
    expect(editsOf(thinking, user, own, user, ...others, user)).toEqual({
      messages: [
        user,
        own,
        user,
        { role: 'assistant', content: [BLANK, use] },
        { role: 'assistant', content: [BLANK, { type: 'text', text: 'done' }] },
        user,
      ],
    })
  }
})

test('a blank takes the place of a thought that another vendor sealed', () => {
  expect(editsOf(undefined, user, { role: 'assistant', content: [sealed, use] }, user)).toEqual({
    messages: [user, { role: 'assistant', content: [BLANK, use] }, user],
  })
})

test('a conversation with all its thoughts, or one that is not to think, goes on as it came', () => {
  expect(editsOf(undefined, user, own, user)).toEqual({})
  expect(editsOf({ type: 'disabled' }, user, { role: 'assistant', content: [use] }, user)).toEqual({})
})

test('so it is with a conversation of another dialect', () => {
  const request = requestOf({ turns: [userTurn('go'), assistantTurn(call('c')), userTurn('on')] })

  const { json } = anthropicUpstream.encodeRequest(request, PROFILE)

  expect(Object(json).messages[1].content[0]).toEqual(BLANK)
})
