import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openProxy, type TestProxy } from '../support/proxy.ts'

describe('a lynkr that is leaving', () => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ app: { isLeaving: () => true, observability: () => ({}) } })
  })
  afterAll(() => proxy.stop())

  test.each([
    ['/', 200],
    ['/api/hello', 200],
    ['/openapi.json', 200],
    ['/health/live', 200],
    ['/metrics/observability', 200],
    ['/v1/models', 200],
    ['/nowhere', 404],
  ])('answers GET %s and sends its client elsewhere', async (path, status) => {
    const answer = await fetch(proxy.url + path)

    expect([answer.status, answer.headers.get('connection')]).toEqual([status, 'close'])
  })
})

test('a lynkr that stays keeps its connections', async () => {
  const proxy = await openProxy()

  const answer = await fetch(`${proxy.url}/api/hello`)
  await proxy.stop()

  expect(answer.headers.get('connection')).not.toBe('close')
})
