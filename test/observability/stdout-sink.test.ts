import { describe, expect, test } from 'bun:test'
import { LOG_BUFFER_CHARS_MAX } from '../../src/core/limits.ts'
import { openBatchSink, type WriteBytes } from '../../src/observability/stdout-sink.ts'
import { openFakeClock } from '../support/fake-clock.ts'

type Done = Parameters<WriteBytes>[1]

/** A pipe in the test's hand: writes wait in `calls` until they are answered. */
function openSink(isShared = false) {
  const time = openFakeClock(0)
  const calls: { text: string; done: Done }[] = []
  let lost = 0
  const sink = openBatchSink((bytes, done) => calls.push({ text: Buffer.from(bytes).toString(), done }), {
    scheduler: time.scheduler,
    isShared,
    onDrop: (lines) => {
      lost += lines
    },
  })
  const takeAll = (): string => {
    let text = ''
    for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
      text += call.text
      call.done(null, Buffer.byteLength(call.text))
    }
    return text
  }
  return { sink, time, calls, takeAll, lost: () => lost }
}

describe('the sink of log lines', () => {
  test('waits for company, but not long', () => {
    const { sink, time, calls, takeAll } = openSink()

    sink.write('one\n')
    sink.write('two\n')
    expect(calls.length).toBe(0)
    time.advance(100)

    expect(takeAll()).toBe('one\ntwo\n')
  })

  test('sends a full batch at once', () => {
    const { sink, calls } = openSink()

    sink.write(`${'x'.repeat(32 * 1024)}\n`)

    expect(calls.length).toBe(1)
  })

  test('writes whole lines that a pipe takes in one piece where others write into it too, and a batch at once where not', () => {
    const line = `${'x'.repeat(2_999)}\n`
    const lengths = [true, false].map((isShared) => {
      const { sink, time, calls } = openSink(isShared)
      sink.write(line)
      sink.write(line)
      time.advance(100)
      return calls[0]?.text.length
    })

    expect(lengths).toEqual([3_000, 6_000])
  })

  test('goes on where a short write stopped, in the middle of a character too', () => {
    const { sink, time, calls } = openSink()
    sink.write('é\n')
    time.advance(100)

    calls.shift()?.done(null, 1)

    const rest = Buffer.from('é\n').subarray(1).toString()
    expect(calls.shift()?.text).toBe(rest)
  })

  test('asks a full pipe again', () => {
    const { sink, time, calls, takeAll, lost } = openSink()
    sink.write('one\n')
    time.advance(100)

    calls.shift()?.done({ code: 'EAGAIN' }, 0)
    time.advance(20)

    expect(takeAll()).toBe('one\n')
    expect(lost()).toBe(0)
  })

  test('drops and counts lines past its bound while nobody reads, and none before', () => {
    const { sink, takeAll, lost } = openSink()
    const line = `${'x'.repeat(1_023)}\n`
    const first = 32 * 1024
    const fitting = (first + LOG_BUFFER_CHARS_MAX) / 1_024

    for (let i = 0; i < fitting; i++) sink.write(line)
    expect(lost()).toBe(0)
    for (let i = 0; i < 3; i++) sink.write(line)

    expect(lost()).toBe(3)
    expect(takeAll().length).toBe(fitting * 1_024)
  })

  test('counts what a reader that is gone for good has missed, and goes on', () => {
    const { sink, time, calls, lost } = openSink()
    sink.write('one\n')
    sink.write('two\n')
    time.advance(100)

    calls.shift()?.done({ code: 'EPIPE' }, 0)
    sink.write('three\n')
    time.advance(100)

    expect(lost()).toBe(2)
    expect(calls.shift()?.text).toBe('three\n')
  })

  test('ends a line that a full disk has torn before the next one, and counts it once', () => {
    const { sink, time, calls, takeAll, lost } = openSink()
    const write = (line: string) => {
      sink.write(line)
      time.advance(100)
    }
    write('one\n')
    calls.shift()?.done(null, 2)
    calls.shift()?.done({ code: 'ENOSPC' }, 0)
    write('two\n')
    calls.shift()?.done({ code: 'ENOSPC' }, 0)

    write('three\n')
    const first = takeAll()
    write('four\n')

    expect(first + takeAll()).toBe('\nthree\nfour\n')
    expect(lost()).toBe(2)
  })

  test('flushes everything before it resolves', async () => {
    const { sink, takeAll } = openSink()
    sink.write('one\n')

    const flushed = sink.flush()
    const text = takeAll()
    await flushed

    expect(text).toBe('one\n')
  })

  test('gives up flushing for a reader that does not read', async () => {
    const { sink, time, calls } = openSink()
    sink.write('one\n')

    const flushed = sink.flush()
    time.advance(2_000)
    await flushed

    expect(calls.length).toBe(1)
  })
})
