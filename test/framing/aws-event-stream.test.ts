import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ProxyError } from '../../src/core/errors.ts'
import type { FramedChunk, Framer } from '../../src/core/framing.ts'
import { openAwsEventFramer } from '../../src/framing/aws-event-stream.ts'
import { openBedrockChunkFramer } from '../../src/framing/bedrock-chunks.ts'
import { crc32 } from '../../src/framing/crc32.ts'
import { openSseFramer } from '../../src/framing/sse-framer.ts'
import { awsEvent, awsException, awsMessage } from '../../src/simulator/aws-event-writer.ts'
import { RUNS } from '../arbitraries.ts'

const decoder = new TextDecoder()
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What a framer made of the chunks: names and texts of its frames, and the text it calls complete. */
function read(framer: Framer, chunks: readonly Uint8Array[]) {
  const frames: [string, string][] = []
  const complete: Uint8Array[] = []
  const take = (framed: FramedChunk): void => {
    for (const { event, data } of framed.frames) frames.push([event, decoder.decode(data)])
    complete.push(framed.complete.slice())
  }
  for (const chunk of chunks) take(framer.push(chunk))
  take(framer.end())
  return { frames, complete: Buffer.concat(complete) }
}

function kindOfThrown(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    return thrown instanceof ProxyError ? thrown.kind : String(thrown)
  }
  return 'nothing'
}

test('the checksum of the nine digits is the published one', () => {
  expect(crc32(ascii('123456789'))).toBe(0xcbf43926)
})

test('the checksum of any part of any bytes is that of the definition, bit by bit', () => {
  const byDefinition = (bytes: Uint8Array): number => {
    let crc = -1
    for (const byte of bytes) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    }
    return ~crc >>> 0
  }

  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, one, two) => {
      const [from, to] = [Math.min(one, two, bytes.length), Math.min(Math.max(one, two), bytes.length)]

      expect(crc32(bytes, from, to)).toBe(byDefinition(bytes.subarray(from, to)))
    }),
    RUNS,
  )
})

describe('an AWS event stream', () => {
  test('tells apart more kinds of events than it remembers, and heads that are long', () => {
    const names = Array.from({ length: 60 }, (_, i) => (i % 10 === 9 ? `event${i}${'x'.repeat(300)}` : `event${i}`))
    const sent = [...names, ...names.toReversed(), ...names]

    const { frames } = read(
      openAwsEventFramer(),
      sent.map((name) => awsEvent(name, {})),
    )

    expect(frames.map(([event]) => event)).toEqual(sent)
  })

  const STREAM = Buffer.concat([
    awsEvent('messageStart', { role: 'assistant' }),
    awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grüße, 世界 🌍' } }),
    awsException('throttlingException', 'Too many tokens, please wait.'),
  ])
  const FRAMES: [string, string][] = [
    ['messageStart', '{"role":"assistant"}'],
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Grüße, 世界 🌍"}}'],
    ['throttlingException', '{"message":"Too many tokens, please wait."}'],
  ]

  test('is read the same, cut at any byte', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      const { frames, complete } = read(openAwsEventFramer(), [STREAM.subarray(0, at), STREAM.subarray(at)])
      expect(frames).toEqual(FRAMES)
      expect(complete).toEqual(STREAM)
    }
  })

  test('is read the same byte by byte', () => {
    const bytes = Array.from(STREAM, (_, i) => STREAM.subarray(i, i + 1))
    expect(read(openAwsEventFramer(), bytes).frames).toEqual(FRAMES)
  })

  test('carries headers of every type beside the ones that matter', () => {
    const event = Buffer.from(awsEvent('chunk', {}))
    const name = [2, 0x3a, 0x7a]
    const others = [[0], [1], [2, 9], [3, 0, 1], [4, 0, 0, 0, 1], [5, ...Array(8).fill(1)], [6, 0, 2, 7, 7]]
    const extra = Buffer.from(
      [...others, [8, ...Array(8).fill(2)], [9, ...Array(16).fill(3)]].flatMap((v) => [...name, ...v]),
    )
    const headBytes = event.readUInt32BE(4)
    const rebuilt = Buffer.concat([event.subarray(0, 12), extra, event.subarray(12)])
    rebuilt.writeUInt32BE(rebuilt.length, 0)
    rebuilt.writeUInt32BE(headBytes + extra.length, 4)
    rebuilt.writeUInt32BE(Bun.hash.crc32(rebuilt.subarray(0, 8)), 8)
    rebuilt.writeUInt32BE(Bun.hash.crc32(rebuilt.subarray(0, -4)), rebuilt.length - 4)

    expect(read(openAwsEventFramer(), [rebuilt]).frames).toEqual([['chunk', '{}']])
  })

  test('is refused at once if any byte of a message was changed', () => {
    const message = awsEvent('chunk', { bytes: 'e30=' })
    for (let at = 0; at < message.length; at++) {
      const damaged = message.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 0x20
      // A larger length waits for more; the checksum of the prelude tells before that.
      expect(kindOfThrown(() => openAwsEventFramer().push(damaged))).toBe('upstream_malformed')
    }
  })

  test('is refused if a message is larger than the limit, before it has arrived', () => {
    const message = awsEvent('chunk', { bytes: 'x'.repeat(1_000) })
    expect(kindOfThrown(() => openAwsEventFramer(message.length).push(message))).toBe('nothing')
    expect(kindOfThrown(() => openAwsEventFramer(message.length - 1).push(message.subarray(0, 12)))).toBe(
      'upstream_malformed',
    )
  })

  test('never crashes and never invents a frame, whatever the bytes', () => {
    const framesOf = fc.uint8Array({ maxLength: 200 }).map((bytes) =>
      kindOfThrown(() => {
        expect(openAwsEventFramer().push(bytes).frames).toEqual([])
      }),
    )
    fc.assert(
      fc.property(framesOf, (kind) => ['nothing', 'upstream_malformed'].includes(kind)),
      RUNS,
    )
  })

  test('tells an error whose words stand in a header', () => {
    const headers = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'It broke.' }
    const whole = Buffer.from(awsMessage(headers, ''))
    // Errors have no payload at all.
    const bare = Buffer.concat([whole.subarray(0, -6), Buffer.alloc(4)])
    bare.writeUInt32BE(bare.length, 0)
    bare.writeUInt32BE(Bun.hash.crc32(bare.subarray(0, 8)), 8)
    bare.writeUInt32BE(Bun.hash.crc32(bare.subarray(0, -4)), bare.length - 4)

    expect(read(openAwsEventFramer(), [bare]).frames).toEqual([['InternalError', '{"message":"It broke."}']])
  })
})

describe('chunks of InvokeModel', () => {
  const chunk = (event: object): Uint8Array =>
    awsEvent('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdef' })
  const START = { type: 'message_start', message: { id: 'msg_1' } }
  const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße 🌍' } }
  const STREAM = Buffer.concat([chunk(START), chunk(DELTA), chunk({ type: 'message_stop' })])
  const TEXT = [START, DELTA, { type: 'message_stop' }]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')

  test('come out as the server-sent events they wrap, cut at any byte', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      const { frames, complete } = read(openBedrockChunkFramer(), [STREAM.subarray(0, at), STREAM.subarray(at)])
      expect(complete.toString()).toBe(TEXT)
      expect(frames).toEqual(read(openSseFramer(), [ascii(TEXT)]).frames)
    }
  })

  test.each([
    ['{"type":"message_stop"}', 'message_stop', 'event: message_stop\ndata: {"type":"message_stop"}\n\n'],
    ['{ "type" : "ping" }', 'ping', 'event: ping\ndata: { "type" : "ping" }\n\n'],
    ['{\n"type":"ping"\r\n}', 'ping', 'event: ping\ndata: {\ndata: "type":"ping"\ndata: }\n\n'],
    ['{"type":"a\\nb"}', '', 'data: {"type":"a\\nb"}\n\n'],
    [`{"type":"${'x'.repeat(70)}"}`, '', `data: {"type":"${'x'.repeat(70)}"}\n\n`],
    ['{"type":', '', 'data: {"type":\n\n'],
    ['[]', '', 'data: []\n\n'],
  ])('of %j is the event %j', (text, event, record) => {
    const wrapped = awsEvent('chunk', { bytes: Buffer.from(text).toString('base64') })

    const { frames, complete } = read(openBedrockChunkFramer(), [wrapped])

    expect([frames, complete.toString()]).toEqual([[[event, text]], record])
  })

  test.each(['%%%', 'QUJ', 5, null])('that wrap %j are malformed, or read as they can be', (bytes) => {
    const kind = kindOfThrown(() => openBedrockChunkFramer().push(awsEvent('chunk', { bytes })))

    expect(kind).toBe(bytes === 'QUJ' ? 'nothing' : 'upstream_malformed')
  })

  test('say where each record ends', () => {
    const { frames, ends, complete } = openBedrockChunkFramer().push(STREAM)
    const pieces = ends.map((end, i) => decoder.decode(complete.subarray(ends[i - 1] ?? 0, end)))
    expect(pieces.map((piece) => piece.endsWith('\n\n'))).toEqual(frames.map(() => true))
  })

  test.each([
    ['throttlingException', 'rate_limit_error'],
    ['validationException', 'invalid_request_error'],
    ['serviceUnavailableException', 'overloaded_error'],
    ['modelTimeoutException', 'timeout_error'],
    ['modelStreamErrorException', 'api_error'],
    ['internalServerException', 'api_error'],
  ])('end in an error event after %s, as %s, without the account', (exception, type) => {
    const words = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/x is at its limit for 123456789012'
    const { frames } = read(openBedrockChunkFramer(), [awsException(exception, words)])

    const error = { type, message: '[redacted] is at its limit for [redacted]' }
    expect(frames).toEqual([['error', JSON.stringify({ type: 'error', error })]])
  })

  test.each([[{}], [{ bytes: 7 }], [[]]])('that hold nothing are refused: %j', (payload) => {
    expect(kindOfThrown(() => openBedrockChunkFramer().push(awsEvent('chunk', payload)))).toBe('upstream_malformed')
  })
})
