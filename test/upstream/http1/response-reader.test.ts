import { expect, test } from 'bun:test'
import { seededRandom } from '../../../src/core/random.ts'
import type { ResponseHead } from '../../../src/upstream/http1/response-head.ts'
import { ResponseReader } from '../../../src/upstream/http1/response-reader.ts'

/** What is read of an answer that comes in these pieces. */
function read(pieces: readonly Buffer[]) {
  const heads: ResponseHead[] = []
  const body: Uint8Array[] = []
  let isAllOurs = true
  const reader = new ResponseReader({
    onHead: (head) => void heads.push(head),
    onPiece: (bytes) => void body.push(Uint8Array.from(bytes)),
  })
  for (const piece of pieces) isAllOurs = reader.push(piece) && isAllOurs
  const [head] = heads
  return {
    heads: heads.length,
    status: head?.status,
    fields: head === undefined ? [] : Object.entries(head.headers.toJSON()),
    keepMs: head?.keepMs,
    body: Buffer.concat(body).toString('latin1'),
    isOver: reader.isOver,
    endsWithConnection: reader.endsWithConnection,
    isAllOurs,
  }
}

function readText(text: string) {
  return read([Buffer.from(text, 'latin1')])
}

const random = seededRandom(7)
const below = (limit: number): number => Math.floor(random() * limit)

function cut(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + below(random() < 0.5 ? 3 : 40)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

function chunked(body: string): string {
  let text = ''
  for (let at = 0; at < body.length; ) {
    const size = 1 + below(30)
    const chunk = body.slice(at, at + size)
    const hex = chunk.length.toString(16)
    text += `${random() < 0.3 ? hex.toUpperCase().padStart(4, '0') : hex}${random() < 0.2 ? ' ;name="value"' : ''}\r\n${chunk}\r\n`
    at += size
  }
  return `${text}0\r\n${random() < 0.3 ? 'x-trailer: 1\r\n' : ''}\r\n`
}

test('an answer reads the same however its bytes are cut', () => {
  for (let i = 0; i < 300; i++) {
    const body = Array.from({ length: below(200) }, () => String.fromCharCode(below(256))).join('')
    const isChunked = random() < 0.5
    const framing = isChunked ? 'Transfer-Encoding: Chunked' : `Content-Length: ${body.length}`
    const before = random() < 0.2 ? 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' : ''
    const text = `${before}HTTP/1.1 200 OK\r\nA: 1\r\n${framing}\r\nx-b:\t two \r\nA: 3\r\n\r\n${isChunked ? chunked(body) : body}`

    const { fields, ...rest } = read(cut(text))

    expect(rest).toEqual({
      heads: 1,
      status: 200,
      keepMs: 90_000,
      body,
      isOver: true,
      endsWithConnection: false,
      isAllOurs: true,
    })
    expect(fields).toContainEqual(['a', '1, 3'])
    expect(fields).toContainEqual(['x-b', 'two'])
  }
})

test.each([
  ['no length', 'HTTP/1.1 200 OK\r\n\r\nabc', { body: 'abc', isOver: false, endsWithConnection: true, keepMs: 0 }],
  ['a status without a reason', 'HTTP/1.1 204\r\n\r\n', { status: 204, isOver: true, keepMs: 90_000 }],
  ['a 304 with a length', 'HTTP/1.1 304 x\r\ncontent-length: 9\r\n\r\n', { status: 304, isOver: true }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', { isOver: true, keepMs: 0 }],
  [
    'HTTP/1.0, kept',
    'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n',
    { isOver: true, keepMs: 90_000 },
  ],
  ['a close', 'HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n', { isOver: true, keepMs: 0 }],
  [
    'a time to be kept',
    'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\ncontent-length: 0\r\n\r\n',
    { isOver: true, keepMs: 4_000 },
  ],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na',
    { body: 'a', fields: [['content-length', '1']] },
  ],
  [
    'a length and chunks, which are what counts, for the last time on its connection',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    { body: 'a', isOver: true, keepMs: 0, fields: [['transfer-encoding', 'chunked']] },
  ],
  ['bytes behind it', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab', { body: 'a', isOver: true, isAllOurs: false }],
  [
    'bytes behind the last chunk',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP',
    { body: '', isOver: true, isAllOurs: false },
  ],
])('an answer with %s', (_, text, expected) => {
  expect(readText(text)).toMatchObject(expected)
})

const HEAD = 'HTTP/1.1 200 OK\r\n'
const MALFORMED = expect.objectContaining({ detail: { facts: { code: 'MALFORMED_HTTP' } } })
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['an answer of TLS', '\x15\x03\x03\0\x02\x02F'],
  ['another version', 'HTTP/2 200 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a status out of range', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['a field without a colon', `${HEAD}abc\r\n\r\n`],
  ['white space before the colon', `${HEAD}content-length : 5\r\n\r\n`],
  ['a field that goes on in the next line', `${HEAD}a: b\r\n c\r\n\r\n`],
  ['a line end that stands alone', `${HEAD}a: b\ncontent-length: 5\r\n\r\n`],
  ['a head whose lines all end in a line feed alone', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}'],
  ['an end of a head in a line feed alone', `${HEAD}content-length: 2\r\n\n{}`],
  ['a NUL', `${HEAD}a: b\0c\r\n\r\n`],
  ['two lengths', `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n`],
  ['a negative length', `${HEAD}content-length: -1\r\n\r\n`],
  ['a length that is none', `${HEAD}content-length: 0x10\r\n\r\n`],
  ['an empty length', `${HEAD}content-length:\r\n\r\n`],
  ['another coding', `${HEAD}transfer-encoding: gzip, chunked\r\n\r\n`],
  ['chunks twice', `${HEAD}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`],
  ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a size that is none', `${CHUNKED}zz\r\n`],
  ['a signed size', `${CHUNKED}+1\r\na\r\n`],
  ['an enormous size', `${CHUNKED}ffffffffffffff\r\n`],
  ['a chunk that is longer than it says', `${CHUNKED}1\r\nab\r\n`],
  ['a line of a chunk that ends in a line feed alone', `${CHUNKED}1\na\r\n`],
  ['a size line without end', `${CHUNKED}1;${'a'.repeat(20_000)}`],
  ['trailers without end', `${CHUNKED}0\r\n${'a: b\r\n'.repeat(5_000)}`],
  ['a head without end', `${HEAD}a: ${'b'.repeat(70_000)}`],
])('%s is refused, however it is cut', (_, text) => {
  expect(() => readText(text)).toThrow(MALFORMED)
  expect(() => read(cut(text))).toThrow(MALFORMED)
})

test('bytes that mean nothing are refused or waited for, and nothing else is thrown', () => {
  for (let i = 0; i < 2_000; i++) {
    const good = `${random() < 0.5 ? CHUNKED : `${HEAD}content-length: 5\r\n\r\n`}5\r\nhello\r\n0\r\n\r\n`
    const bytes = Buffer.from(good, 'latin1')
    for (let j = 0; j <= below(4); j++) bytes[below(bytes.length)] = below(256)
    try {
      read(cut(bytes.toString('latin1')))
    } catch (thrown) {
      expect(thrown).toMatchObject({ detail: { facts: { code: 'MALFORMED_HTTP' } } })
    }
  }
})
