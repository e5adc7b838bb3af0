import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ProxyError } from '../../src/core/errors.ts'
import { openSseFramer } from '../../src/framing/sse-framer.ts'
import { sseText } from '../../src/framing/sse-writer.ts'

const RUNS = process.env.LYNKR_TEST_FULL === '1' ? 5_000 : 200
const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })

interface Read {
  readonly frames: readonly { event: string; data: string }[]
  readonly complete: string
}

function bytes(value: string): Uint8Array {
  return utf8.encode(value)
}

function read(chunks: readonly Uint8Array[], limitBytes?: number): Read {
  const framer = openSseFramer(limitBytes)
  const frames: { event: string; data: string }[] = []
  const complete: Uint8Array[] = []
  for (const chunk of chunks) {
    const framed = framer.push(chunk)
    for (const frame of framed.frames) frames.push({ event: frame.event, data: text.decode(frame.data) })
    complete.push(framed.complete)
  }
  expect(framer.end().frames).toEqual([])
  return { frames, complete: text.decode(Buffer.concat(complete)) }
}

function split(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => whole.slice(from, sorted[i] ?? whole.length))
}

describe('the framer reads the standard', () => {
  const cases: [name: string, wire: string, frames: { event: string; data: string }[]][] = [
    ['one event', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['no event name', 'data: a\n\n', [{ event: '', data: 'a' }]],
    ['CR line ends', 'event: x\rdata: a\r\r', [{ event: 'x', data: 'a' }]],
    ['CRLF line ends', 'event: x\r\ndata: a\r\n\r\n', [{ event: 'x', data: 'a' }]],
    [
      'mixed line ends',
      'data: a\n\r\ndata: b\r\ndata: c\r\n\n',
      [
        { event: '', data: 'a' },
        { event: '', data: 'b\nc' },
      ],
    ],
    ['a byte order mark', '\uFEFFdata: a\n\n', [{ event: '', data: 'a' }]],
    ['only the first byte order mark', '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', [{ event: '', data: 'b' }]],
    ['comments', ': hello\n\ndata: a\n: inside\n\n:\n\n', [{ event: '', data: 'a' }]],
    ['multi-line data', 'data: a\ndata:\ndata:  b\n\n', [{ event: '', data: 'a\n\n b' }]],
    ['no space behind the colon', 'event:x\ndata:a\n\n', [{ event: 'x', data: 'a' }]],
    ['one space only is skipped', 'data:  a \n\n', [{ event: '', data: ' a ' }]],
    [
      'a field without colon',
      'data\n\nevent\ndata\ndata\n\n',
      [
        { event: '', data: '' },
        { event: '', data: '\n' },
      ],
    ],
    ['an event without data', 'event: x\n\ndata: a\n\n', [{ event: '', data: 'a' }]],
    ['the last event name wins', 'event: x\nevent: y\ndata: a\n\n', [{ event: 'y', data: 'a' }]],
    ['an empty name after a name', 'event: x\nevent:\ndata: a\n\n', [{ event: '', data: 'a' }]],
    ['unknown fields', 'id: 1\nretry: 5\nfoo: bar\ndatax: no\nevents: no\ndata: a\n\n', [{ event: '', data: 'a' }]],
    ['a space before the field is another field', ' data: a\n\n', []],
    ['an unfinished record', 'data: a\n\ndata: b\n', [{ event: '', data: 'a' }]],
    ['many bytes of one character', 'data: ü€😀\n\n', [{ event: '', data: 'ü€😀' }]],
    ['nothing', '', []],
    ['blank lines', '\n\r\n\r\r\n\n', []],
  ]

  for (const [name, wire, frames] of cases) {
    test(`${name}, split at any byte`, () => {
      const whole = bytes(wire)
      for (let at = 0; at <= whole.length; at++) {
        expect(read([whole.slice(0, at), whole.slice(at)]).frames).toEqual(frames)
      }
      expect(read([...whole].map((byte) => Uint8Array.of(byte))).frames).toEqual(frames)
    })
  }

  test('invalid UTF-8 passes as bytes', () => {
    const wire = Buffer.concat([bytes('data: '), Uint8Array.of(0xff, 0xc0, 0x80), bytes('\n\n')])

    const { frames } = openSseFramer().push(wire)

    expect([...(frames[0]?.data ?? [])]).toEqual([0xff, 0xc0, 0x80])
  })
})

describe('complete', () => {
  test('ends with the last boundary, so that half a record is never written', () => {
    const framer = openSseFramer()

    const first = framer.push(bytes(': hi\n\ndata: a\n\ndata: b'))
    const second = framer.push(bytes('\n\nda'))

    expect(text.decode(first.complete)).toBe(': hi\n\ndata: a\n\n')
    expect(text.decode(second.complete)).toBe('data: b\n\n')
  })

  test('is a view of the chunk where nothing was carried over', () => {
    const chunk = bytes('data: a\n\ndata: b\n\n')

    const { complete, frames } = openSseFramer().push(chunk)

    expect(complete.buffer).toBe(chunk.buffer)
    expect(frames[1]?.data.buffer).toBe(chunk.buffer)
  })

  test('holds a late LF of a boundary at once', () => {
    const framer = openSseFramer()

    const first = framer.push(bytes('data: a\r\n\r'))
    const second = framer.push(bytes('\n'))

    expect(text.decode(first.complete)).toBe('data: a\r\n\r')
    expect(text.decode(second.complete)).toBe('\n')
  })

  test('is never overwritten by what arrives later', () => {
    const framer = openSseFramer()
    framer.push(bytes('data: first'))
    const { complete, frames } = framer.push(bytes('\n\ndata: se'))

    framer.push(bytes('cond\n\ndata: third\n\n'))

    expect(text.decode(complete)).toBe('data: first\n\n')
    expect(text.decode(frames[0]?.data)).toBe('first')
  })
})

const line = fc.oneof(
  fc.constantFrom('', ':', 'data', 'data:', 'event: x', 'event: content_block_delta', 'id: 7', ': ping'),
  fc.string({ unit: 'binary' }).map((value) => `data: ${value}`),
)
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n', '\n\r')))
  .map((lines) => bytes(lines.map((one) => one.join('')).join('')))

/** The standard's algorithm, written as simply as it can be. */
function oracle(whole: Uint8Array): { event: string; data: string }[] {
  const lines = text
    .decode(whole)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
  lines.pop()
  const frames: { event: string; data: string }[] = []
  let event = ''
  let data: string[] = []
  for (const one of lines) {
    const [, field, value] = /^([^:]*)(?::[ ]?([\s\S]*))?$/.exec(one) ?? []
    if (one === '') {
      if (data.length > 0) frames.push({ event, data: data.join('\n') })
      event = ''
      data = []
    } else if (field === 'data') data.push(value ?? '')
    else if (field === 'event') event = value ?? ''
  }
  return frames
}

describe('however a stream is split', () => {
  test('the frames are those of the standard', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (whole, cuts) => {
        expect(read(split(whole, cuts)).frames).toEqual(oracle(whole))
      }),
      { numRuns: RUNS },
    )
  })

  test('the complete bytes are a prefix of the stream', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (whole, cuts) => {
        const { complete } = read(split(whole, cuts))

        expect(text.decode(whole).startsWith(complete)).toBe(true)
        expect(complete).toBe(read([whole]).complete)
      }),
      { numRuns: RUNS },
    )
  })

  test('what the writer wrote is read back', () => {
    const lf = (value: string): string => value.replace(/\r\n|\r/g, '\n')
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat()), (values, cuts) => {
        const wire = bytes(values.map((value) => sseText('x', value)).join(''))

        expect(read(split(wire, cuts)).frames.map((frame) => frame.data)).toEqual(
          values.map((value) => lf(text.decode(bytes(value)))),
        )
      }),
      { numRuns: RUNS },
    )
  })
})

describe('the limit', () => {
  const refusal = expect.objectContaining({ kind: 'upstream_malformed' })

  function outcome(run: () => unknown): unknown {
    try {
      return run()
    } catch (thrown) {
      if (thrown instanceof ProxyError) return thrown
      throw thrown
    }
  }

  test('a record at the limit passes, one byte more is refused, whole or in pieces', () => {
    const at = bytes(`data: ${'x'.repeat(92)}\n\n`)
    const above = bytes(`data: ${'x'.repeat(93)}\n\n`)
    const pieces = (whole: Uint8Array): Uint8Array[] => [...whole].map((byte) => Uint8Array.of(byte))

    expect(read([at, at], 100).frames).toHaveLength(2)
    expect(read(pieces(at), 100).frames).toHaveLength(1)
    expect(outcome(() => read([above], 100))).toEqual(refusal)
    expect(outcome(() => read(pieces(above), 100))).toEqual(refusal)
  })

  test('a line of 64 MiB is refused at 8 MiB', () => {
    const framer = openSseFramer()
    const chunk = new Uint8Array(64 * 1024).fill(0x61)
    let pushed = 0

    const refused = outcome(() => {
      for (; pushed < 1024; pushed++) framer.push(chunk)
    })

    expect(refused).toEqual(refusal)
    expect(pushed).toBe(128)
  })

  test('a record of a million one-byte lines in small pieces is read in linear time', () => {
    const chunk = bytes('data:x\n'.repeat(100))
    const framer = openSseFramer()
    for (let i = 0; i < 10_000; i++) framer.push(chunk)

    const { frames } = framer.push(bytes('\n'))

    expect(frames[0]?.data.length).toBe(2 * 1_000_000 - 1)
  })
})
