import { expect, test } from 'bun:test'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
/** As each surface's client asks for a stream. */
const ASKED: readonly [path: string, body: object][] = [
  ['/v1/messages', { ...HELLO, stream: true }],
  ['/v1/chat/completions', { model: 'm', stream: true, messages: MESSAGES }],
  ['/v1/responses', { model: 'm', stream: true, input: 'hi' }],
]
const UPSTREAMS: readonly [name: string, open: () => Promise<TestProxy>][] = [
  ['Messages', () => openProxy()],
  ['Chat', () => openProxy({ provider: CHAT_PROVIDER })],
]

for (const [upstream, open] of UPSTREAMS) {
  for (const [path, body] of ASKED) {
    test(`${path} before ${upstream}: a stream cut short is told in words by which clients know to ask again`, async () => {
      const proxy = await open()
      const fault = { type: 'eof', afterEvents: 5 } as const
      proxy.simulator.enqueue({ blocks: [{ text: 'a long answer in pieces' }], chunkChars: 3, delayMs: 3, fault })

      const text = await (await post(proxy, body, { path })).text()

      expect(text).toContain('stream ended without the rest of the answer')
      await proxy.stop()
    })
  }
}
