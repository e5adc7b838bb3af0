import { expect, test } from 'bun:test'
import { CHAT_PROVIDER, HELLO, openProxy, post } from '../support/proxy.ts'

// Fails until what a Chat server thought is told from Claude's own thinking on the passthrough lane.
test.failing('a session that moves from a Chat server to Anthropic brings no thinking without a signature', async () => {
  const [chat, anthropic] = await Promise.all([openProxy({ provider: CHAT_PROVIDER }), openProxy()])
  chat.simulator.enqueue({ blocks: [{ thinking: 'Let me see.', signature: '' }, { text: 'Done.' }] })
  const first = (await (await post(chat, HELLO)).json()) as { readonly content: readonly { readonly type: string }[] }
  const messages = [...HELLO.messages, { role: 'assistant', content: first.content }, { role: 'user', content: 'on' }]

  const second = await post(anthropic, { ...HELLO, messages })

  expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'text'])
  expect(anthropic.simulator.requests()[0]?.text).not.toContain('"signature":""')
  expect(second.headers.get('x-lynkr-dropped')).toBe('thinking')
  await Promise.all([chat.stop(), anthropic.stop()])
})
