import { afterEach, describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync } from 'node:zlib'
import { nextTurn, systemClock, systemScheduler } from '../../src/core/clock.ts'
import { ProxyError } from '../../src/core/errors.ts'
import type { Transport, TransportRequest } from '../../src/core/transport.ts'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'
import { eventually } from '../support/eventually.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { openRawUpstream, type RawUpstream, writeAndEnd } from '../support/raw-upstream.ts'

const pooled = openPooledTransport({ connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler })
const open: RawUpstream[] = []

afterEach(() => {
  for (const upstream of open.splice(0)) upstream.stop()
})

function upstreamOf(answer: Parameters<typeof openRawUpstream>[0]): RawUpstream {
  const upstream = openRawUpstream(answer)
  open.push(upstream)
  return upstream
}

function post(url: string, more: Partial<TransportRequest> = {}): TransportRequest {
  return { method: 'POST', url, headers: { 'x-a': '1' }, body: '{"a":1}', abort: new AbortController(), ...more }
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
const CHUNKS = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined)
const GONE = new ProxyError('client_closed', 'the client closed the connection')

describe.each<[string, Transport]>([
  ['fetch', fetchTransport],
  ['sockets', pooled],
])('%s', (_, transport) => {
  test('sends a request as it is, and gives the whole answer', async () => {
    const upstream = upstreamOf(() => OK)

    const response = await transport.send(post(`${upstream.url}/v1/messages?beta=true`))

    expect([response.status, response.headers.get('content-type'), text(await response.bytes())]).toEqual([
      200,
      'application/json',
      '{}',
    ])
    const sent = upstream.requests[0]?.text ?? ''
    expect(sent).toStartWith('POST /v1/messages?beta=true HTTP/1.1\r\n')
    expect(sent).toEndWith('\r\n\r\n{"a":1}')
    const fields = sent.toLowerCase()
    for (const field of ['x-a: 1', 'content-length: 7', `host: ${upstream.url.slice(7)}`, 'accept: */*']) {
      expect(fields.split('\r\n').filter((line) => line === field)).toHaveLength(1)
    }
  })

  test('how long a request is, no header says that came with it', async () => {
    const upstream = upstreamOf(() => OK)
    const headers = { 'content-length': '3', 'transfer-encoding': 'chunked' }

    await (await transport.send(post(upstream.url, { headers }))).bytes()

    const sent = upstream.requests[0]?.text.toLowerCase() ?? ''
    expect(sent.match(/content-length: \d+/g)).toEqual(['content-length: 7'])
    expect(sent).not.toContain('transfer-encoding')
  })

  test('sends a GET without a body', async () => {
    const upstream = upstreamOf(() => OK)

    const response = await transport.send(post(`${upstream.url}/v1/models`, { method: 'GET', body: null }))
    await response.bytes()

    expect(upstream.requests[0]?.text).toStartWith('GET /v1/models HTTP/1.1\r\n')
    expect(upstream.requests[0]?.text).not.toContain('content-length')
  })

  test('uses a connection again once its answer was read', async () => {
    const upstream = upstreamOf(() => OK)

    for (let i = 0; i < 3; i++) await (await transport.send(post(upstream.url))).bytes()

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 0, 0])
  })

  test('opens another connection where an answer closes its own', async () => {
    const upstream = upstreamOf(({ socket }) => {
      writeAndEnd(socket, OK.replace('HTTP/1.1 200 OK', 'HTTP/1.1 200 OK\r\nconnection: close'))
      return null
    })

    for (let i = 0; i < 3; i++) await (await transport.send(post(upstream.url))).bytes()

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1, 2])
  })

  test.each([0, 1])(
    'sends once what is closed without an answer, on a connection used %d times before',
    async (used) => {
      const upstream = upstreamOf(({ socket }) => {
        if (upstream.requests.length <= used) return OK
        socket.end()
        return null
      })
      for (let i = 0; i < used; i++) await (await transport.send(post(upstream.url))).bytes()

      const error = await transport.send(post(upstream.url)).catch(transport.explain)

      expect(error).toMatchObject({ kind: 'upstream_unreachable' })
      expect(upstream.requests.map(({ connection }) => connection)).toEqual(used === 0 ? [0] : [0, 0])
    },
  )

  test('leaves a connection alone that was closed while it was idle', async () => {
    const upstream = upstreamOf(() => OK)
    await (await transport.send(post(upstream.url))).bytes()
    upstream.requests[0]?.socket.end()
    await eventually(async () => upstream.open() === 0)
    for (let i = 0; i < 3; i++) await nextTurn()

    expect(text(await (await transport.send(post(upstream.url))).bytes())).toBe('{}')
  })

  test('gives bytes as they come', async () => {
    const upstream = upstreamOf(() => `${CHUNKS}3\r\none\r\n`)
    const response = await transport.send(post(upstream.url))
    const first = text(await response.read())
    const [request] = upstream.requests

    request?.socket.write('3\r\ntwo\r\n')
    const second = text(await response.read())
    request?.socket.write('0\r\n\r\n')

    expect([first, second, await response.read(), await response.read()]).toEqual(['one', 'two', null, null])
  })

  test('reads a body that ends with its connection', async () => {
    const upstream = upstreamOf(({ socket }) => {
      writeAndEnd(socket, 'HTTP/1.1 200 OK\r\n\r\nto the end')
      return null
    })

    const response = await transport.send(post(upstream.url))

    expect(text(await response.bytes())).toBe('to the end')
  })

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['chunks', `${CHUNKS}4\r\nhalf\r\n`],
  ])('a body that ends before its end by %s is unreachable, and not an end', async (_, half) => {
    const upstream = upstreamOf(({ socket }) => {
      writeAndEnd(socket, half)
      return null
    })
    const readAll = async (isWhole: boolean): Promise<unknown> => {
      const response = await transport.send(post(upstream.url))
      if (isWhole) return await response.bytes()
      for (let bytes = await response.read(); bytes !== null; bytes = await response.read());
      return 'an end'
    }

    expect(await readAll(true).catch(transport.explain)).toMatchObject({ kind: 'upstream_unreachable' })
    expect(await readAll(false).catch(transport.explain)).toMatchObject({ kind: 'upstream_unreachable' })
  })

  test('an abort ends a request that waits for its head, with its reason', async () => {
    const upstream = upstreamOf(() => null)
    const abort = new AbortController()
    const sent = transport.send(post(upstream.url, { abort }))
    await eventually(async () => upstream.requests.length === 1)

    abort.abort(GONE)

    expect(await sent.catch(transport.explain)).toBe(GONE)
    await eventually(async () => upstream.open() === 0)
  })

  test('an abort ends a connection whose hands are not shaken yet', async () => {
    let open = 0
    const silent = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { open: () => void open++, data: () => undefined, close: () => void open-- },
    })
    const abort = new AbortController()
    const sent = transport.send(post(`https://127.0.0.1:${silent.port}`, { abort })).catch(transport.explain)
    await eventually(async () => open === 1)

    abort.abort(GONE)

    expect(await sent).toMatchObject({ kind: GONE.kind, message: GONE.message })
    await eventually(async () => open === 0)
    silent.stop(true)
  })

  test('an abort ends a body that is waited for, with its reason', async () => {
    const upstream = upstreamOf(() => `${CHUNKS}3\r\none\r\n`)
    const abort = new AbortController()
    const response = await transport.send(post(upstream.url, { abort }))
    await response.read()
    const next = response.read()

    abort.abort(GONE)

    expect(await next.catch(transport.explain)).toBe(GONE)
    await eventually(async () => upstream.open() === 0)
  })

  test('what was aborted before is not sent', async () => {
    const upstream = upstreamOf(() => OK)
    const abort = new AbortController()
    abort.abort(GONE)

    expect(await transport.send(post(upstream.url, { abort })).catch(transport.explain)).toBe(GONE)
    expect(upstream.requests).toHaveLength(0)
  })

  test('an abort behind the end changes nothing, and the connection is used again', async () => {
    const upstream = upstreamOf(() => OK)
    const abort = new AbortController()
    await (await transport.send(post(upstream.url, { abort }))).bytes()

    abort.abort(GONE)
    await (await transport.send(post(upstream.url))).bytes()

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 0])
  })

  test('a body that is given up gives its connection up', async () => {
    const upstream = upstreamOf(() => `${CHUNKS}3\r\none\r\n`)
    const response = await transport.send(post(upstream.url))
    await response.read()

    response.cancel()

    await eventually(async () => upstream.open() === 0)
  })

  test('an answer that comes before the whole question was sent is given', async () => {
    const upstream = upstreamOf(() => null)
    const early = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open(socket) {
          socket.pause()
          socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno')
        },
        data: () => undefined,
      },
    })
    const url = `http://127.0.0.1:${early.port}`

    const response = await transport.send(post(url, { body: new Uint8Array(30 * 1_024 * 1_024) }))

    expect([response.status, text(await response.bytes())]).toEqual([413, 'no'])
    early.stop(true)
    upstream.stop()
  })

  test('a question of many megabytes and an answer of many arrive whole', async () => {
    const body = Buffer.alloc(6 * 1_024 * 1_024, 'lynkr, not one byte less. ')
    const upstream = upstreamOf(({ text: asked }) => {
      const got = asked.slice(asked.indexOf('\r\n\r\n') + 4)
      return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${got.length}\r\n\r\n`), Buffer.from(got)])
    })

    const response = await transport.send(post(upstream.url, { body }))

    expect(Buffer.compare(await response.bytes(), body)).toBe(0)
  })

  test.each([
    ['gzip', Bun.gzipSync('{"packed":1}')],
    ['deflate', deflateSync('{"packed":1}')],
    ['br', brotliCompressSync('{"packed":1}')],
    ['zstd', Bun.zstdCompressSync('{"packed":1}')],
  ])('unpacks what was packed unasked: %s', async (coding, packed) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${packed.length}\r\n\r\n`
    const upstream = upstreamOf(() => Buffer.concat([Buffer.from(head), packed]))

    const whole = await (await transport.send(post(upstream.url))).bytes()
    const first = await (await transport.send(post(upstream.url))).read()

    expect([text(whole), text(first)]).toEqual(['{"packed":1}', '{"packed":1}'])
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 0])
  })

  test.each(['500 Failed\r\ncontent-length: 0', '204 No Content', '200 OK\r\ntransfer-encoding: chunked'])(
    'what is said to be packed may be empty: %j',
    async (head) => {
      const end = head.endsWith('chunked') ? '0\r\n\r\n' : ''
      const upstream = upstreamOf(() => `HTTP/1.1 ${head}\r\ncontent-encoding: gzip\r\n\r\n${end}`)

      const whole = await (await transport.send(post(upstream.url))).bytes()
      const first = await (await transport.send(post(upstream.url))).read()

      expect([whole.length, first]).toEqual([0, null])
    },
  )

  test('what it cannot reach is told by its code', async () => {
    const refused = await transport.send(post('http://127.0.0.1:1/')).catch(transport.explain)
    const unknown = await transport.send(post('http://no-such-host.invalid/')).catch(transport.explain)

    expect(refused).toMatchObject({ kind: 'upstream_unreachable', detail: { facts: { code: 'ECONNREFUSED' } } })
    expect(unknown).toMatchObject({ kind: 'upstream_unreachable', detail: { facts: { code: 'ENOTFOUND' } } })
  })

  test.each(['ftp', 'ws'])(
    'nothing is sent to an address that begins with %s, nor to one that is none',
    async (scheme) => {
      const upstream = upstreamOf(() => OK)

      for (const url of [upstream.url.replace('http', scheme), 'nowhere']) {
        const error = await transport.send(post(url)).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ kind: 'upstream_unreachable' })
      }
      expect(upstream.requests).toHaveLength(0)
    },
  )

  test('an address that is not plain is asked for as a parser has it', async () => {
    const upstream = upstreamOf(() => OK)

    for (const path of ['/v1/../v2/ü?q=a b#part', '?a=1', '']) {
      await (await transport.send(post(upstream.url + path))).bytes()
    }

    expect(upstream.requests.map(({ text: asked }) => asked.slice(0, asked.indexOf('\r')))).toEqual([
      'POST /v2/%C3%BC?q=a%20b HTTP/1.1',
      'POST /?a=1 HTTP/1.1',
      'POST / HTTP/1.1',
    ])
  })
})

describe('sockets alone', () => {
  test('an answer in a coding that nobody knows is refused, and one that is no such thing', async () => {
    const answers = ['compress', 'gzip, br', 'gzip'].map(
      (coding) => `${OK.replace('\r\n\r\n', `\r\ncontent-encoding: ${coding}\r\n\r\n`)}`,
    )
    const upstream = upstreamOf(() => answers.shift() ?? OK)

    for (let i = 0; i < 3; i++) {
      const read = pooled.send(post(upstream.url)).then((response) => response.bytes())
      const error = await read.catch(pooled.explain)
      expect(error).toMatchObject({ kind: 'upstream_unreachable', detail: { facts: { code: 'MALFORMED_HTTP' } } })
    }
    expect(text(await (await pooled.send(post(upstream.url))).bytes())).toBe('{}')
  })

  test('a field that would end its line is not sent', async () => {
    const upstream = upstreamOf(() => OK)

    for (const headers of [{ a: 'b\r\nx-admin: 1' }, { 'a: b\r\nx-admin': '1' }, { a: 'b\0' }, { a: 'é' + 'ł' }]) {
      const error = await pooled.send(post(upstream.url, { headers })).catch(pooled.explain)
      expect(error).toMatchObject({ kind: 'invalid_request' })
    }
    expect(upstream.requests).toHaveLength(0)
  })

  test('bytes that nobody asked for end a connection, and are in no answer', async () => {
    const upstream = upstreamOf(() => `${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nothers`)

    const answers: string[] = []
    for (let i = 0; i < 2; i++) answers.push(text(await (await pooled.send(post(upstream.url))).bytes()))

    expect(answers).toEqual(['{}', '{}'])
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1])
  })

  test('bytes that come while a connection is idle end it', async () => {
    const upstream = upstreamOf(() => OK)
    await (await pooled.send(post(upstream.url))).bytes()

    upstream.requests[0]?.socket.write(OK)

    await eventually(async () => upstream.open() === 0)
    expect(text(await (await pooled.send(post(upstream.url))).bytes())).toBe('{}')
  })

  test('an answer that is not HTTP is unreachable by that name, and what is wrong with it is said', async () => {
    const upstream = upstreamOf(() => 'SSH-2.0-OpenSSH_9.2\r\n')

    const error = await pooled.send(post(upstream.url)).catch(pooled.explain)

    expect(error).toMatchObject({
      kind: 'upstream_unreachable',
      message: "the upstream's answer is not HTTP/1.1: it does not begin as one",
      detail: { facts: { code: 'MALFORMED_HTTP' } },
    })
  })

  test('what cuts one connection ends those that wait, so that who tries again is not cut by each of them', async () => {
    const upstream = upstreamOf(({ socket, connection }) => {
      if (upstream.requests.length <= 3 || connection >= 3) return OK
      socket.terminate()
      return null
    })
    await Promise.all([1, 2, 3].map(async () => await (await pooled.send(post(upstream.url))).bytes()))

    const error = await pooled.send(post(upstream.url)).catch(pooled.explain)
    const again = await pooled.send(post(upstream.url))

    expect(error).toMatchObject({ kind: 'upstream_unreachable' })
    expect(text(await again.bytes())).toBe('{}')
  })

  test('what was sent is not held while its answer comes', async () => {
    const upstream = upstreamOf(() => CHUNKS)
    const send = async (): Promise<WeakRef<Uint8Array>> => {
      const body = new Uint8Array(100 * 1_024)
      await pooled.send(post(upstream.url, { body }))
      return new WeakRef(body)
    }
    const bodies = await Promise.all(Array.from({ length: 20 }, send))

    // What the collector takes for a pointer on the stack may hold a few.
    await eventually(async () => {
      Bun.gc(true)
      return bodies.filter((body) => body.deref() !== undefined).length < 10
    }, 3_000)
  })

  test('a connection is not used for longer than its server says', async () => {
    const upstream = upstreamOf(() => OK.replace('\r\n\r\n', '\r\nkeep-alive: timeout=1\r\n\r\n'))

    for (let i = 0; i < 2; i++) await (await pooled.send(post(upstream.url))).bytes()

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1])
  })

  test('a connection that was idle for a minute and a half is closed, and one that was not is not', async () => {
    const time = openFakeClock(0)
    const transport = openPooledTransport({ connectTimeoutMs: 10_000, ...time })
    const [old, young] = [upstreamOf(() => OK), upstreamOf(() => OK)]
    await (await transport.send(post(old.url))).bytes()
    time.advance(60_000)
    await (await transport.send(post(young.url))).bytes()

    time.advance(30_000)

    await eventually(async () => old.open() === 0)
    await (await transport.send(post(young.url))).bytes()
    expect(young.requests.map(({ connection }) => connection)).toEqual([0, 0])
    transport.close()
    await eventually(async () => young.open() === 0)
  })

  test('a connection that was idle while the machine slept is not used again, and a clock that goes back ends none', async () => {
    const time = openFakeClock(0)
    const transport = openPooledTransport({ connectTimeoutMs: 10_000, ...time })
    const upstream = upstreamOf(() => OK)
    const ask = async (): Promise<unknown> => (await transport.send(post(upstream.url))).bytes()
    await ask()
    time.jump(-3_600_000)
    await ask()

    // What runs on does not know of it.
    time.jump(3_600_000)
    await ask()

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 0, 1])
    transport.close()
  })

  test('a server waits for whoever reads slowly', async () => {
    const bytes = 10 * 1_024 * 1_024
    let isAllOut = false
    const upstream = upstreamOf(({ socket }) => {
      writeAndEnd(socket, Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(bytes, 'x')]))
      isAllOut = socket.data.unsent.length === 0
      return null
    })

    const response = await pooled.send(post(upstream.url))
    const first = (await response.read())?.length ?? 0
    await Bun.sleep(50)
    const wasWaiting = (upstream.requests[0]?.socket.data.unsent.length ?? 0) > 0
    let read = first
    for (let more = await response.read(); more !== null; more = await response.read()) read += more.length

    expect({ isAllOut, wasWaiting, read }).toEqual({ isAllOut: false, wasWaiting: true, read: bytes })
  })
})
