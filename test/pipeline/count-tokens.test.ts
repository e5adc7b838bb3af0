import { expect, test } from 'bun:test'
import { HELLO, openProxy, post, providerAt } from '../support/proxy.ts'
import { openRawUpstream } from '../support/raw-upstream.ts'

const JSON_TYPE = 'application/json'
const ERROR = '{"type":"error","error":{"type":"api_error","message":"no"}}'

/** Asks a server that answers with this what a request would take. */
async function countAt(status: string, body: string, type = JSON_TYPE) {
  const upstream = openRawUpstream(
    () => `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  const provider = providerAt(upstream.url)
  const proxy = await openProxy({ routes: { providers: [provider], defaultProvider: provider } })
  const response = await post(proxy, HELLO, { path: '/v1/messages/count_tokens' })
  const answer = { status: response.status, text: await response.text(), by: response.headers.get('x-lynkr-counted') }
  await proxy.stop()
  upstream.stop()
  return answer
}

test('tokens are as many as the provider says', async () => {
  expect(await countAt('200 OK', '{"input_tokens":7}')).toEqual({ status: 200, text: '{"input_tokens":7}', by: null })
})

test.each<[string, string, string, string]>([
  [
    'that it has no such path, and 200 all the same',
    '200 OK',
    '{"error":"Unexpected endpoint. Returning 200 anyway"}',
    JSON_TYPE,
  ],
  ['a page', '200 OK', '<html>Log in</html>', 'text/html'],
  ['nothing', '204 No Content', '', JSON_TYPE],
  ['where else to ask', '307 Temporary Redirect', '', JSON_TYPE],
  ['404', '404 Not Found', ERROR, JSON_TYPE],
])('tokens are counted here where the provider answers %s', async (_, status, body, type) => {
  const answer = await countAt(status, body, type)

  expect([answer.status, answer.by]).toEqual([200, 'here'])
  expect(JSON.parse(answer.text).input_tokens).toBeGreaterThan(0)
})

test('an error is passed on, and one of no status that there is, as one of the upstream’s', async () => {
  expect(await countAt('529 Overloaded', ERROR)).toEqual({ status: 529, text: ERROR, by: null })
  expect(await countAt('600 Own', ERROR)).toEqual({ status: 500, text: ERROR, by: null })
})
