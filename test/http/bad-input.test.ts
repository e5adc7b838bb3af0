import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'
import { sendRaw, statusesOf } from '../support/raw-http.ts'

const BODY_BYTES_MAX = 64 * 1024
let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy({ bodyBytesMax: BODY_BYTES_MAX })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

/** The status and the error of an answer, which must be in Anthropic's envelope. */
async function refusal(response: Response) {
  const json = JSON.parse(await response.text())
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect(Object.keys(json)).toEqual(['type', 'error', 'request_id'])
  expect(json.type).toBe('error')
  expect(json.request_id).toBe(response.headers.get('x-lynkr-request-id'))
  return { status: response.status, type: String(json.error.type), message: String(json.error.message) }
}

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('a body of the wrong shape gets a 400 that names the path', () => {
  const cases: [body: object, path: string][] = [
    [{ ...HELLO, model: undefined }, 'model'],
    [{ ...HELLO, model: '' }, 'model'],
    [{ ...HELLO, model: 7 }, 'model'],
    [{ ...HELLO, model: null }, 'model'],
    [{ ...HELLO, stream: 'yes' }, 'stream'],
    [{ ...HELLO, stream: 1 }, 'stream'],
    [{ ...HELLO, max_tokens: -1 }, 'max_tokens'],
    [{ ...HELLO, max_tokens: 1.5 }, 'max_tokens'],
    [{ ...HELLO, max_tokens: '100' }, 'max_tokens'],
    [{ ...HELLO, max_tokens: 1e300 }, 'max_tokens'],
    [{ ...HELLO, messages: undefined }, 'messages'],
    [{ ...HELLO, messages: {} }, 'messages'],
    [{ ...HELLO, messages: [] }, 'messages'],
    [{ ...HELLO, messages: [null] }, 'messages.0'],
    [{ ...HELLO, messages: [['user', 'hi']] }, 'messages.0'],
    [{ ...HELLO, messages: [{ content: 'hi' }] }, 'messages.0.role'],
    [{ ...HELLO, messages: [{ role: 'user' }] }, 'messages.0.content'],
    [{ ...HELLO, messages: [{ role: 'user', content: [7] }] }, 'messages.0.content.0'],
    [{ ...HELLO, messages: [{ role: 'user', content: [{ text: 'hi' }] }] }, 'messages.0.content.0.type'],
    [{ ...HELLO, system: 7 }, 'system'],
    [{ ...HELLO, system: [{ type: 'image' }] }, 'system.0.type'],
    [{ ...HELLO, tools: 'all' }, 'tools'],
    [{ ...HELLO, tools: [null] }, 'tools.0'],
  ]
  for (const [body, path] of cases) {
    test(`${path}: ${JSON.stringify(body).slice(0, 90)}`, async () => {
      const { status, type, message } = await refusal(await post(proxy, body))

      expect(status).toBe(400)
      expect(type).toBe('invalid_request_error')
      expect(message).toStartWith(`${path}:`)
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }
})

describe('a body that is no JSON object gets a 400', () => {
  const cases: [name: string, body: string | Uint8Array][] = [
    ['nothing', ''],
    ['blanks', ' \n'],
    ['text', 'hello'],
    ['half', JSON.stringify(HELLO).slice(0, -3)],
    ['an array', '[]'],
    ['null', 'null'],
    ['NUL bytes', '\0\0\0'],
    ['a byte order mark', `\ufeff${JSON.stringify(HELLO)}`],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify(HELLO), 'utf16le'))],
    ['a form', 'model=claude&stream=true'],
    ['too deep to be walked', deep(20_000)],
    ['an object too deep to be walked', `{"model":"m","messages":${deep(20_000)}}`],
    ['one level over the limit', `{"model":"m","messages":[{"role":"user","content":"x"}],"x":${deep(128)}}`],
    ['a model that comes twice', `{"model":"a","messages":[{"role":"user","content":"x"}],"model":"b"}`],
  ]
  for (const [name, body] of cases) {
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      test(`${name}, at ${path}`, async () => {
        const { status, type } = await refusal(await post(proxy, body, { path }))

        expect(status).toBe(400)
        expect(type).toBe('invalid_request_error')
        expect(proxy.simulator.requests()).toHaveLength(0)
      })
    }
  }

  test('any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (body) => {
          const response = await post(proxy, new Uint8Array(body))

          expect((await refusal(response)).status).toBe(400)
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('a large body', () => {
  const padded = (bytes: number) => {
    const empty = JSON.stringify({ ...HELLO, metadata: { user_id: '' } }).length
    return JSON.stringify({ ...HELLO, metadata: { user_id: 'x'.repeat(bytes - empty) } })
  }

  test('of exactly the limit is taken', async () => {
    const response = await post(proxy, padded(BODY_BYTES_MAX))

    expect(response.status).toBe(200)
  })

  test('of one byte more gets a 413 in the envelope', async () => {
    const { status, type } = await refusal(await post(proxy, padded(BODY_BYTES_MAX + 1)))

    expect(status).toBe(413)
    expect(type).toBe('request_too_large')
  })

  test('of many times the limit gets the same 413', async () => {
    const { status, type } = await refusal(await post(proxy, padded(BODY_BYTES_MAX * 20)))

    expect(status).toBe(413)
    expect(type).toBe('request_too_large')
  })

  test('that only claims to be large is refused before it comes', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`

    const answer = await sendRaw(proxy.port, `${head}content-length: 99999999999\r\n\r\n{`, (text) =>
      text.includes('request_too_large'),
    )

    expect(statusesOf(answer)).toEqual([413])
    expect(answer).toContain('request_too_large')
  })

  test('in chunks is refused as soon as it passes the limit', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`

    const answer = await sendRaw(proxy.port, head + chunk.repeat(5), (text) => text.includes('request_too_large'))

    expect(statusesOf(answer)).toEqual([413])
    expect(answer).toContain('"type":"request_too_large"')
  })

  test('in chunks below the limit is taken', async () => {
    const body = JSON.stringify(HELLO)
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`

    const answer = await sendRaw(proxy.port, `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)

    expect(statusesOf(answer)).toEqual([200])
  })
})

describe('headers about the body', () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
    '',
  ]) {
    test(`${type || 'no'} content type gets a 415`, async () => {
      const response = await post(proxy, new Uint8Array(Buffer.from(JSON.stringify(HELLO))), {
        headers: { 'content-type': type },
      })

      expect((await refusal(response)).status).toBe(415)
    })
  }

  for (const encoding of ['gzip', 'br', 'zstd', 'deflate', 'gzip, gzip', 'nonsense']) {
    test(`content encoding ${encoding} gets a 415`, async () => {
      const response = await post(proxy, HELLO, { headers: { 'content-encoding': encoding } })

      expect((await refusal(response)).status).toBe(415)
    })
  }

  for (const encoding of ['identity', 'Identity']) {
    test(`content encoding ${encoding} is none`, async () => {
      expect((await post(proxy, HELLO, { headers: { 'content-encoding': encoding } })).status).toBe(200)
    })
  }

  test('over what the server takes get a 431', async () => {
    const response = await post(proxy, HELLO, { headers: { 'x-long': 'x'.repeat(20_000) } })

    expect(response.status).toBe(431)
    expect(proxy.simulator.requests()).toHaveLength(0)
  })
})

describe('paths and methods', () => {
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['POST', '/nothing'],
    ['DELETE', '/v1'],
    ['PUT', '/v1/messages/batches'],
    ['POST', '/v1/messages/count_tokens/more'],
    ['POST', '/v1/messages%2fcount_tokens'],
    ['POST', '/v1//messages'],
    ['POST', '//v1/messages'],
    ['POST', '/v1/messages/'],
    ['POST', '/V1/messages'],
    ['GET', '/%'],
    ['GET', '/%00'],
    ['GET', '/%ff'],
    ['GET', `/${'x'.repeat(8_000)}`],
  ] as const) {
    test(`${method} ${path.slice(0, 40)} gets a 404`, async () => {
      const answer = await sendRaw(
        proxy.port,
        `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`,
      )

      expect(statusesOf(answer)).toEqual([404])
      expect(answer).toContain('not_found_error')
    })
  }

  for (const [method, path, allow] of [
    ['GET', '/v1/messages', 'POST'],
    ['PUT', '/v1/messages', 'POST'],
    ['DELETE', '/v1/messages/count_tokens', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/api/hello', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
    ['PATCH', '/metrics/prometheus', 'GET, HEAD'],
  ] as const) {
    test(`${method} ${path} gets a 405 that allows ${allow}`, async () => {
      const response = await fetch(`${proxy.url}${path}`, { method })

      expect((await refusal(response)).status).toBe(405)
      expect(response.headers.get('allow')).toBe(allow)
    })
  }

  for (const path of ['/', '/api/hello', '/health/live']) {
    test(`HEAD ${path} is answered with 200`, async () => {
      expect((await fetch(`${proxy.url}${path}`, { method: 'HEAD' })).status).toBe(200)
    })
  }
})

describe('what a request smuggler sends', () => {
  const body = JSON.stringify(HELLO)
  const second = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`
  const cases: [name: string, request: string][] = [
    ['both lengths', `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${second}`],
    ['both lengths, the other way', `${head}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${second}`],
    ['two lengths', `${head}content-length: 0\r\ncontent-length: ${second.length}\r\n\r\n${second}`],
    ['two lengths in one line', `${head}content-length: 0, ${second.length}\r\n\r\n${second}`],
    ['a length with a sign', `${head}content-length: +0\r\n\r\n${second}`],
    ['a negative length', `${head}content-length: -1\r\n\r\n${second}`],
    ['a hexadecimal length', `${head}content-length: 0x0\r\n\r\n${second}`],
    ['a length of words', `${head}content-length: zero\r\n\r\n${second}`],
    ['an unknown encoding', `${head}transfer-encoding: xchunked\r\n\r\n${second}`],
    ['two encodings', `${head}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${second}`],
    ['an encoding behind a tab', `${head}transfer-encoding:\tchunked, identity\r\n\r\n0\r\n\r\n${second}`],
    ['a blank before the colon', `${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${second}`],
    ['a folded header', `${head}x-folded: a\r\n transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n${second}`],
    ['a bad chunk size', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n${second}`],
    ['a chunk size with a sign', `${head}transfer-encoding: chunked\r\n\r\n-1\r\n\r\n${second}`],
    ['an endless chunk size', `${head}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n${second}`],
    ['a chunk without its end', `${head}transfer-encoding: chunked\r\n\r\n1\r\nXX0\r\n\r\n${second}`],
    ['a bare LF', `POST /v1/messages HTTP/1.1\nhost: 127.0.0.1\ncontent-length: 0\n\n${second}`],
    ['NUL in a header', `${head}x-nul: a\0b\r\ncontent-length: 0\r\n\r\n${second}`],
    ['two hosts', `${head}host: evil.example\r\ncontent-length: 0\r\n\r\n`],
    ['no host', 'POST /v1/messages HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'],
    [
      'an absolute target',
      `POST http://evil.example/v1/messages HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 2\r\n\r\n{}`,
    ],
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
  ]
  for (const [name, request] of cases) {
    test(`is answered without a second request upstream and without a 5xx but 505: ${name}`, async () => {
      // What the server takes for the start of another request is ended by this one, so that nothing waits.
      const answer = await sendRaw(proxy.port, `${request}\r\n\r\n`, (text) =>
        statusesOf(text).some((code) => code >= 400),
      )

      expect(statusesOf(answer).filter((code) => code >= 500 && code !== 505)).toEqual([])
      expect(statusesOf(answer).filter((code) => code < 400)).toEqual([])
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  test('a second request inside the body of the first is the body', async () => {
    const request = `${head}connection: close\r\ncontent-length: ${second.length}\r\n\r\n${second}`

    const answer = await sendRaw(proxy.port, request)

    expect(statusesOf(answer)).toEqual([400])
    expect(proxy.simulator.requests()).toHaveLength(0)
  })
})
