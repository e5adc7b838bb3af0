import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type HttpRequest, HttpSyntaxError, openHttpParser } from '../../src/simulator/http-parser.ts'

const TWO = Buffer.from(
  'POST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0a\r\n0123456789\r\n0\r\nT: 1\r\n\r\n' +
    'POST /d HTTP/1.1\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwxyz',
)

function parse(bytes: Uint8Array, cuts: readonly number[], bodyBytesMax = 100): HttpRequest[] {
  const parser = openHttpParser(bodyBytesMax)
  const borders = [...cuts.map((cut) => cut % bytes.byteLength), bytes.byteLength].sort((a, b) => a - b)
  const requests: HttpRequest[] = []
  let at = 0
  for (const border of borders) {
    parser.push(bytes.subarray(at, border))
    at = border
    for (let request = parser.next(); request !== null; request = parser.next()) requests.push(request)
  }
  return requests
}

test('requests come out the same however the bytes were split', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
      const [first, second, ...more] = parse(TWO, cuts)

      expect(first).toMatchObject({ method: 'POST', path: '/a', query: '?b=c', keepAlive: true })
      expect(Buffer.from(first?.body ?? []).toString()).toBe('abc0123456789')
      expect(Buffer.from(second?.body ?? []).toString()).toBe('wxyz')
      expect(second?.keepAlive).toBe(false)
      expect((first?.wireBytes ?? 0) + (second?.wireBytes ?? 0)).toBe(TWO.byteLength)
      expect(more).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('a body at the limit is kept, one byte more is counted and dropped', () => {
  const [at] = parse(TWO, [], 13)
  const [above] = parse(TWO, [], 12)

  expect(at).toMatchObject({ isTooLarge: false })
  expect(above).toMatchObject({ isTooLarge: true })
  expect(above?.body.byteLength).toBe(0)
})

test.each([
  'GET\r\n\r\n',
  'GET / HTTP/2.0\r\n\r\n',
  'GET / HTTP/1.1\r\nbad header\r\n\r\n',
  'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
  'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`,
  'GET / HTTP/1.1\r\nx: a\0b\r\n\r\n',
  'GET / HTTP/1.1\r\nx: a\nb\r\n\r\n',
])('what is no HTTP is refused: %p', (text) => {
  expect(() => parse(Buffer.from(text), [])).toThrow(HttpSyntaxError)
})
