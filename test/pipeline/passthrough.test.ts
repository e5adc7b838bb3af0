import { describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import fc from 'fast-check'
import { ProxyError } from '../../src/core/errors.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openSseFramer } from '../../src/framing/sse-framer.ts'
import type { StreamLane } from '../../src/pipeline/lanes/lane.ts'
import { openPassthroughLane } from '../../src/pipeline/lanes/passthrough.ts'
import { RUNS } from '../arbitraries.ts'

const FIXTURES = `${import.meta.dir}/../fixtures/anthropic`
const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
const BLOCK =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hé😀"}}\n\n'
const STOP = 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
const FINISH =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}\n\n'
const END = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const PING = 'event: ping\ndata: {"type":"ping"}\n\n'
const ERROR = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
const WHOLE = `${START}${PING}${BLOCK}${DELTA}: a comment\n\n${STOP}${FINISH}${END}`

function openLane(): StreamLane {
  return openPassthroughLane({
    framer: openSseFramer(),
    upstream: anthropicUpstream,
    surface: anthropicSurface,
    requestId: 'req_1',
    withholdsUsage: false,
    mender: null,
  })
}

function flow(lane: StreamLane, chunks: readonly (Uint8Array | string)[]): string {
  const out = chunks.map((chunk) => {
    const written = lane.push(typeof chunk === 'string' ? utf8.encode(chunk) : chunk)
    return typeof written === 'string' ? utf8.encode(written) : written
  })
  return text.decode(Buffer.concat(out))
}

function split(whole: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = utf8.encode(whole)
  const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.slice(from, sorted[i] ?? bytes.length))
}

const anyCuts = fc.array(fc.nat(100_000), { maxLength: 30 })

describe('a stream in the same dialect', () => {
  const streams: [string, string][] = [['a hand-written one', WHOLE]]
  for (const file of new Glob('*.sse').scanSync(FIXTURES)) {
    if (!file.startsWith('cut-') && !file.startsWith('error-')) streams.push([file, ''])
  }

  for (const [name, literal] of streams) {
    test(`passes byte for byte however it is split, with the same usage: ${name}`, async () => {
      const wire = literal || (await Bun.file(`${FIXTURES}/${name}`).text())
      const whole = openLane()
      flow(whole, [wire])

      fc.assert(
        fc.property(anyCuts, (cuts) => {
          const lane = openLane()

          const written = flow(lane, split(wire, cuts)) + lane.end(null)

          expect(written).toBe(wire)
          expect(lane.progress()).toBe('ended')
          expect(lane.usage()).toEqual(whole.usage())
          expect(lane.contentBytes()).toBe(whole.contentBytes())
          expect(lane.repairs()).toBe(0)
        }),
        { numRuns: 60 },
      )
    })
  }

  test('passes with CR and CRLF line ends as they are', () => {
    for (const lineEnd of ['\r', '\r\n']) {
      const wire = WHOLE.replaceAll('\n', lineEnd)
      fc.assert(
        fc.property(anyCuts, (cuts) => {
          const lane = openLane()

          const written = flow(lane, split(wire, cuts)) + lane.end(null)

          expect(written.trimEnd()).toBe(wire.trimEnd())
          expect(lane.progress()).toBe('ended')
        }),
        RUNS,
      )
    }
  })

  test('passes unknown events and fields', () => {
    const strange = 'event: new_thing\nid: 7\ndata: {"type":"new_thing","x":1}\n\n'
    const lane = openLane()

    expect(flow(lane, [START, strange, BLOCK])).toBe(START + strange + BLOCK)
  })

  test('ends at its end: what follows is withheld and counted, in whatever chunk it comes', () => {
    fc.assert(
      fc.property(anyCuts, fc.constantFrom(PING, DELTA, END, ERROR, 'data: [DONE]\n\n'), (cuts, surplus) => {
        const lane = openLane()

        const written = flow(lane, split(WHOLE + surplus, cuts)) + lane.end(null)

        expect(written).toBe(WHOLE)
        expect(lane.progress()).toBe('ended')
        expect(lane.repairs()).toBe(1)
      }),
      RUNS,
    )
  })

  test('ends at its error event: what follows is withheld', () => {
    const lane = openLane()

    const written = flow(lane, [START + BLOCK + ERROR + DELTA + END]) + lane.end(null)

    expect(written).toBe(START + BLOCK + ERROR)
    expect(lane.progress()).toBe('failed')
    expect(lane.failure()?.message).toContain('Overloaded')
  })
})

describe('a stream that is cut', () => {
  test('anywhere before its answer is complete ends in the error event, on a line of its own', () => {
    const bytes = utf8.encode(START + BLOCK + DELTA + STOP)
    fc.assert(
      fc.property(fc.nat(bytes.length), anyCuts, (at, cuts) => {
        const lane = openLane()
        const before = text.decode(bytes.slice(0, at))

        const written = flow(lane, split(before, cuts))
        const closing = lane.end(null)

        expect(written === '' || written.endsWith('\n\n')).toBe(true)
        expect(before.startsWith(written)).toBe(true)
        expect(closing).toStartWith('event: error\ndata: {"type":"error"')
        expect(closing).toEndWith('\n\n')
        expect(lane.progress()).toBe('failed')
        expect(lane.failure()?.kind).toBe('stream_interrupted')
      }),
      RUNS,
    )
  })

  test('behind its finish gets the end that is missing, and no error', () => {
    const lane = openLane()

    const written = flow(lane, [START, BLOCK, DELTA, STOP, FINISH]) + lane.end(null)

    expect(written).toBe(START + BLOCK + DELTA + STOP + FINISH + END)
    expect(lane.progress()).toBe('ended')
    expect(lane.repairs()).toBe(1)
    expect(lane.failure()).toBeNull()
  })

  test('by a failure tells that failure', () => {
    const lane = openLane()
    flow(lane, [START + BLOCK])

    const closing = lane.end(new ProxyError('stream_interrupted', 'the connection broke'))

    expect(closing).toContain('the connection broke')
    expect(lane.failure()?.message).toBe('the connection broke')
  })

  test('is ended once', () => {
    const lane = openLane()
    flow(lane, [START])

    expect(lane.end(null)).not.toBe('')
    expect(lane.end(null)).toBe('')
  })
})

describe('how far a stream got', () => {
  const steps: [string, string, string][] = [
    ['nothing', '', 'waiting'],
    ['its start', START, 'waiting'],
    ['a ping', START + PING, 'waiting'],
    ['a block', START + BLOCK, 'answering'],
    ['its finish', START + BLOCK + DELTA + STOP + FINISH, 'finished'],
    ['its end', WHOLE, 'ended'],
    ['an error', START + ERROR, 'failed'],
  ]
  for (const [name, wire, progress] of steps) {
    test(`is ${progress} after ${name}`, () => {
      const lane = openLane()
      flow(lane, [wire])

      expect(lane.progress()).toBe(progress as never)
    })
  }
})
