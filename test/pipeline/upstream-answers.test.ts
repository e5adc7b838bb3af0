import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { ASKED_MODEL_CHARS_MAX } from '../../src/core/limits.ts'
import type { Script } from '../../src/simulator/script.ts'
import { fetchTransport, fromResponse } from '../../src/upstream/fetch-transport.ts'
import { NAMELESS } from '../faults/upstream-rows.ts'
import { HELLO, openProxy, post, type TestProxy, UPSTREAM_KEY } from '../support/proxy.ts'

let proxy: TestProxy

beforeAll(async () => {
  proxy = await openProxy()
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

const SSE = { 'content-type': 'text/event-stream' }
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
const BLOCK =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n'
const STOP = 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
const FINISH =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}\n\n'
const END = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

async function ask(script: Script, stream: boolean) {
  proxy.simulator.enqueue(script)
  const response = await post(proxy, { ...HELLO, stream })
  const text = await response.text()
  const [record] = await proxy.settled(1)
  expect(proxy.records).toHaveLength(1)
  if (record === undefined) throw new Error('nothing was settled')
  return { status: response.status, headers: response.headers, text, record }
}

test.each([[true], [false]])(
  'a name of megabytes that an upstream claims for its model is cut in the books, stream %p',
  async (stream) => {
    const model = 'm'.repeat(1024 * 1024)

    const { record, text } = await ask({ model }, stream)

    expect(text).toContain(model)
    expect(record.modelUsed).toBe('m'.repeat(ASKED_MODEL_CHARS_MAX))
  },
)

describe('an error of the upstream goes to the client byte for byte', () => {
  for (const stream of [false, true]) {
    for (const status of [400, 401, 402, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529, 599]) {
      test(`with its status: ${status} (stream: ${stream})`, async () => {
        const body = ` {"type":"error","error":{"type":"x_${status}","message":"prompt is too long: 5 > 4"}}\n`

        const answer = await ask({ status, body, headers: { 'retry-after': '3', 'request-id': 'req_theirs' } }, stream)

        expect(answer.status).toBe(status)
        expect(answer.text).toBe(body)
        expect(answer.headers.get('retry-after')).toBe('3')
        expect(answer.headers.get('request-id')).toBe('req_theirs')
        expect(answer.record.status).toBe(status)
        expect(answer.record.outcome).toBe('upstream_failed')
      })
    }
  }

  for (const stream of [false, true]) {
    test(`but for the key that it was asked with (stream: ${stream})`, async () => {
      const body = `{"type":"error","error":{"type":"authentication_error","message":"no such key: ${UPSTREAM_KEY}"}}`

      const answer = await ask({ status: 401, body }, stream)

      expect(answer.text).toBe(body.replace(UPSTREAM_KEY, '[redacted]'))
    })
  }

  test('but for a status that no client could read', async () => {
    const body = '{"type":"error","error":{"type":"api_error","message":"request denied"}}'

    const answer = await ask({ status: 999, body }, false)

    expect(answer.text).toBe(body)
    expect([answer.status, answer.record.status]).toEqual([500, 500])
  })

  test('also when its body is no JSON', async () => {
    const answer = await ask(
      { status: 503, body: '<html>busy</html>', headers: { 'content-type': 'text/html' } },
      false,
    )

    expect(answer.status).toBe(503)
    expect(answer.text).toBe('<html>busy</html>')
    expect(answer.headers.get('content-type')).toBe('text/html')
  })

  test('also when its body is empty', async () => {
    expect((await ask({ status: 500, body: '' }, true)).status).toBe(500)
  })
})

describe('an answer of no use is told as one, also where its body breaks before it is given up', () => {
  const broken = () => new ReadableStream({ start: (controller) => controller.error(new Error('reset')) })
  const HTML = { headers: { 'content-type': 'text/html' } }
  const LARGE = { headers: { 'content-type': 'application/json', 'content-length': '99999999999' } }

  test.each<[string, boolean, ResponseInit]>([
    ['a redirect', false, { status: 307, ...HTML }],
    ['a page instead of JSON', false, HTML],
    ['a page instead of a stream', true, HTML],
    ['one that is too large', false, LARGE],
  ])('%s', async (_, stream, init) => {
    const answer = () => Promise.resolve(fromResponse(new Response(broken(), init)))
    const other = await openProxy({ pipeline: { transport: { ...fetchTransport, send: answer } } })

    const response = await post(other, { ...HELLO, stream })
    await response.text()
    const [record] = await other.settled(1)
    await other.stop()

    expect(response.status).toBe(502)
    expect(record?.errorKind).toBe('upstream_malformed')
  })
})

describe('what is no answer becomes a 502 in the envelope', () => {
  const faults: [name: string, script: Script, kinds: readonly boolean[]][] = [
    ['a closed connection', { fault: { type: 'close' } }, [false, true]],
    ['a reset in the head', { fault: { type: 'reset', at: 'headers' } }, [false, true]],
    ['a reset in the body', { fault: { type: 'reset', at: 'body', afterEvents: 0 } }, [false, true]],
    ['an end in the body', { fault: { type: 'reset', at: 'body', with: 'fin', afterEvents: 0 } }, [false, true]],
    ['an end before the first event', { fault: { type: 'eof', afterEvents: 0 } }, [false, true]],
    ['an end behind the start', { fault: { type: 'eof', afterEvents: 1 } }, [true]],
    ['HTML', { fault: { type: 'html' } }, [false, true]],
    ['a wrong content type', { fault: { type: 'content_type' } }, [false, true]],
    ['a look-alike content type', { fault: { type: 'content_type', value: 'application/jsonx' } }, [false]],
    ['broken JSON', { fault: { type: 'malformed' } }, [false]],
    ['half of the JSON', { fault: { type: 'truncated' } }, [false]],
    ['a redirect', { fault: { type: 'redirect' } }, [false, true]],
    ['a redirect for good', { fault: { type: 'redirect', status: 301 } }, [false, true]],
    ['a 304', { status: 304, body: '' }, [false, true]],
    ['JSON where a stream was asked for', { body: '{}' }, [true]],
    ['a stream where JSON was asked for', { body: START, headers: SSE }, [false]],
    ['an empty stream', { body: '', headers: SSE }, [true]],
    ['a stream of comments', { body: ': a\n\n: b\n\n', headers: SSE }, [true]],
    ['JSON that is no object', { body: '[]' }, [false]],
    ['JSON null', { body: 'null' }, [false]],
    ['nothing', { body: '' }, [false]],
    ['more than an answer may be', { fault: { type: 'huge_body', bytes: 70 * 1024 * 1024 } }, [false]],
    ['a bomb', { fault: { type: 'gzip_bomb', bytes: 80 * 1024 * 1024 } }, [false]],
    ['a line without end', { fault: { type: 'huge_line', bytes: 9 * 1024 * 1024 } }, []],
  ]
  for (const [name, script, kinds] of faults) {
    for (const stream of kinds) {
      test(`${name} (stream: ${stream})`, async () => {
        const { status, text, record } = await ask(script, stream)
        const json = JSON.parse(text)

        expect(status).toBe(502)
        expect(json.type).toBe('error')
        expect(json.error.type).toBe('api_error')
        expect(record.outcome).toBe('upstream_failed')
        expect(record.status).toBe(502)
      })
    }
  }
})

describe('a stream that breaks', () => {
  test('with an error before its first content gives a true status', async () => {
    const { status, text, record } = await ask({ fault: { type: 'error_event', afterEvents: 1 } }, true)

    expect(status).toBe(529)
    expect(JSON.parse(text).error.type).toBe('overloaded_error')
    expect(record.outcome).toBe('upstream_failed')
  })

  const named: [type: string, status: number][] = [
    ['rate_limit_error', 429],
    ['api_error', 500],
    ['invalid_request_error', 400],
    ['authentication_error', 401],
  ]
  for (const [errorType, expected] of named) {
    test(`with ${errorType} before its first content gives ${expected}`, async () => {
      const { status, text } = await ask({ fault: { type: 'error_event', afterEvents: 1, errorType } }, true)

      expect(status).toBe(expected)
      expect(JSON.parse(text).error.type).toBe(errorType)
    })
  }

  test('with an error after content passes that error on, and is a truncated answer', async () => {
    // More content than one read can bring, however late it comes: the error is in another one.
    const body =
      START +
      BLOCK +
      DELTA.repeat(20_000) +
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'

    const { status, text, record } = await ask({ body, headers: SSE }, true)

    expect(status).toBe(200)
    expect(text === body).toBe(true)
    expect(record.outcome).toBe('truncated')
    expect(record.isUsageEstimated).toBe(true)
  })

  test('with an error in the same chunk as its first content still gives a true status', async () => {
    const body = `${START}${BLOCK}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n`

    const { status, text } = await ask({ body, headers: SSE }, true)

    expect(status).toBe(529)
    expect(JSON.parse(text).error.type).toBe('overloaded_error')
  })

  for (const fault of [
    { type: 'eof', afterEvents: 5 },
    { type: 'reset', at: 'body', afterEvents: 5 },
    { type: 'reset', at: 'body', afterEvents: 5, with: 'fin' },
  ] as const) {
    test(`by ${JSON.stringify(fault)} ends in an error event, its usage estimated`, async () => {
      const script: Script = {
        blocks: [{ text: 'a long answer in many small pieces' }],
        chunkChars: 4,
        delayMs: 3,
        fault,
      }

      const { status, text, record } = await ask(script, true)

      expect(status).toBe(200)
      expect(text).toContain('event: content_block_start')
      expect(text.trimEnd().split('\n\n').at(-1)).toStartWith('event: error\ndata: {"type":"error"')
      expect(text).not.toContain('message_stop')
      expect(record.outcome).toBe('truncated')
      expect(record.errorKind).toBe('stream_interrupted')
      expect(record.isUsageEstimated).toBe(true)
      expect(record.usage?.outputTokens).toBeGreaterThan(0)
    })
  }

  test('inside a record ends in an error event of its own', async () => {
    const { text } = await ask({ body: START + BLOCK + DELTA.slice(0, 60), headers: SSE }, true)

    expect(text).toStartWith(`${START}${BLOCK}event: error\n`)
    expect(text).toEndWith('\n\n')
  })

  test('behind its finish gets the end that is missing and is whole', async () => {
    const { text, record } = await ask({ body: START + BLOCK + DELTA + STOP + FINISH, headers: SSE }, true)

    expect(text).toBe(START + BLOCK + DELTA + STOP + FINISH + END)
    expect(record.outcome).toBe('ok')
    expect(record.repairs).toBe(1)
    expect(record.usage?.outputTokens).toBe(7)
  })

  test('with a record over every bound ends in an error event', async () => {
    const script: Script = { blocks: [{ text: 'x' }], fault: { type: 'huge_line', bytes: 9 * 1024 * 1024 } }

    const { text, record, status } = await ask(script, true)

    expect(status === 200 ? text : 'event: error').toContain('event: error')
    expect(record.outcome).not.toBe('ok')
  })
})

describe('a whole answer', () => {
  test('passes byte for byte', async () => {
    const body =
      ' {"id":"msg_1", "type":"message","content":[], "model":"m","usage":{"input_tokens":3,"output_tokens":4},"new":1}\n'

    const { status, text, record } = await ask({ body }, false)

    expect(status).toBe(200)
    expect(text).toBe(body)
    expect(record.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 })
    expect(record.isUsageEstimated).toBe(false)
    expect(record.outcome).toBe('ok')
  })

  test('passes also in pieces, and with bytes that are no UTF-8', async () => {
    expect((await ask({ blocks: [{ text: 'héllo' }], fault: { type: 'split', bytes: 3 } }, false)).status).toBe(200)
    proxy.clear()
    expect((await ask({ blocks: [{ text: 'hello' }], fault: { type: 'invalid_utf8' } }, false)).status).toBe(200)
  })

  test('without usage is taken as it is, its usage estimated', async () => {
    const { status, record } = await ask(
      { blocks: [{ text: 'hello' }], fault: { type: 'usage', mode: 'absent' } },
      false,
    )

    expect(status).toBe(200)
    expect(record.isUsageEstimated).toBe(true)
    expect(record.usage?.outputTokens).toBeGreaterThan(0)
  })
})

describe('a stream', () => {
  for (const bytes of [1, 7, 64]) {
    test(`passes byte for byte in pieces of ${bytes}`, async () => {
      const body = `${START}: comment\n\n${BLOCK}${DELTA}${STOP}${FINISH}${END}`

      const { text, record } = await ask({ body, headers: SSE, fault: { type: 'split', bytes } }, true)

      expect(text).toBe(body)
      expect(record.usage).toMatchObject({ inputTokens: 9, outputTokens: 7 })
      expect(record.outcome).toBe('ok')
      expect(record.responseBytes).toBe(body.length)
    })
  }

  test('without usage has it estimated', async () => {
    const { record } = await ask({ blocks: [{ text: 'hello there' }], fault: { type: 'usage', mode: 'absent' } }, true)

    expect(record.isUsageEstimated).toBe(true)
    expect(record.usage?.outputTokens).toBeGreaterThan(0)
  })

  test('ends where it says so, whatever the upstream sends behind it', async () => {
    const whole = START + BLOCK + DELTA + STOP + FINISH + END

    const { text } = await ask({ body: whole + DELTA + END, headers: SSE }, true)

    expect(text).toBe(whole)
  })
})

describe('an upstream that cannot be reached', () => {
  const unreachable: [name: string, baseUrl: string][] = [
    ['refuses the connection', 'http://127.0.0.1:1'],
    ['has no such name', NAMELESS],
    ['speaks no TLS', 'https://127.0.0.1:1'],
  ]
  for (const [name, baseUrl] of unreachable) {
    test(`gives a 502 that names no secret: it ${name}`, async () => {
      const other = await openProxy({ provider: { baseUrl } })
      try {
        const response = await post(other, { ...HELLO, stream: true })

        expect(response.status).toBe(502)
        expect(JSON.parse(await response.text()).error.message).not.toContain('key-of')
        expect(other.records[0]?.errorKind).toBe('upstream_unreachable')
      } finally {
        await other.stop()
      }
    })
  }
})
