import { expect, test } from 'bun:test'
import { acceptsGzip, textAnswer } from '../../src/http/gzip.ts'

test.each([
  [null, false],
  ['', false],
  ['identity', false],
  ['gzip', true],
  ['deflate, GZIP;q=0.5', true],
  ['gzip;q=0', false],
  ['*', true],
  ['*, gzip;q=0', false],
  ['gzip;q=nonsense', false],
])('an Accept-Encoding of %p asks for gzip: %p', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected)
})

test('what is compressed says so, and reads as before', async () => {
  const request = new Request('http://127.0.0.1/metrics', { headers: { 'accept-encoding': 'gzip' } })

  const answer = textAnswer('a 1\n', 'text/plain', request)

  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(Buffer.from(Bun.gunzipSync(new Uint8Array(await answer.arrayBuffer()))).toString()).toBe('a 1\n')
})
