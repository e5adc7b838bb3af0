import { expect, spyOn, test } from 'bun:test'
import { HELLO, openProxy, post } from '../support/proxy.ts'

test.each([
  ['/v1/messages', true],
  ['/v1/messages', false],
  ['/v1/chat/completions', false],
  ['/v1/responses', false],
])('a body of nothing but brackets is refused without being parsed: %s, outlined: %p', async (path, isOutlined) => {
  const proxy = await openProxy({
    bodyBytesMax: 8 * 1024 * 1024,
    ...(!isOutlined && { pipeline: { outline: () => null } }),
  })
  const parse = spyOn(JSON, 'parse')
  try {
    const brackets = '['.repeat(512 * 1024) + ']'.repeat(512 * 1024)

    const response = await post(proxy, `{"model":${JSON.stringify(HELLO.model)},"messages":${brackets}}`, { path })

    expect(response.status).toBe(400)
    expect(await response.text()).toContain('the body is nested deeper than 128 levels')
    expect(Math.max(0, ...parse.mock.calls.map(([text]) => text.length))).toBeLessThan(1024)
  } finally {
    parse.mockRestore()
    await proxy.stop()
  }
})
