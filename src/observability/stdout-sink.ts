import { write } from 'node:fs'
import type { Scheduler } from '../core/clock.ts'
import { LOG_BUFFER_CHARS_MAX } from '../core/limits.ts'
import type { LogSink } from './logger.ts'

/** Writes bytes somewhere; calls back with how many were taken, or with what went wrong. Never both at once in flight. */
export type WriteBytes = (bytes: Uint8Array, done: (error: { code?: string } | null, written: number) => void) => void

export interface BatchSinkOptions {
  readonly scheduler: Scheduler
  /** Other processes write into the same pipe: no line of ours may be cut in two by one of theirs. */
  readonly isShared: boolean
  /** Hears of every line that was lost. */
  readonly onDrop: (lines: number) => void
}

/** A line waits for company at most this long, in ms. */
const FLUSH_MS = 100
/** What is enough company, in characters. */
const BATCH_CHARS = 32 * 1024
/** A pipe that takes nothing now is asked again after this long, in ms. */
const FULL_PIPE_MS = 20
/** How long the end of the process waits for a reader that does not read, in ms. */
const EXIT_FLUSH_MS = 2_000

/**
 * Whole lines, in batches, one write under way at a time. The caller never waits: if nobody reads, lines past
 * `LOG_BUFFER_CHARS_MAX` are lost; if the reader is gone for good, all are; each loss is counted.
 */
export function openBatchSink(writeBytes: WriteBytes, { scheduler, isShared, onDrop }: BatchSinkOptions): LogSink {
  let waiting = ''
  let sending = new Uint8Array(0)
  /** What went out last ends within a line. Where its rest is lost, as on a full disk, the next line must not become a part of it. */
  let isTorn = false
  let cancelTimer: (() => void) | null = null
  let onIdle: (() => void) | null = null

  function start(): void {
    if (sending.length > 0 || waiting === '') return
    cancelTimer?.()
    cancelTimer = null
    sending = Buffer.from(isTorn ? `\n${waiting}` : waiting)
    waiting = ''
    send()
  }

  function send(): void {
    writeBytes(isShared ? atOnce(sending) : sending, (error, written) => {
      if (error?.code === 'EAGAIN') {
        scheduler.after(FULL_PIPE_MS, send)
        return
      }
      if (error === null) isTorn = written > 0 ? sending[written - 1] !== NEWLINE : isTorn
      else onDrop(countLines(sending) - (isTorn && sending[0] === NEWLINE ? 1 : 0))
      sending = error === null ? sending.subarray(written) : sending.subarray(sending.length)
      if (sending.length > 0) send()
      else if (waiting !== '') start()
      else onIdle?.()
    })
  }

  return {
    write(line) {
      if (waiting.length + line.length > LOG_BUFFER_CHARS_MAX) {
        onDrop(1)
        return
      }
      waiting += line
      if (waiting.length >= BATCH_CHARS) start()
      else cancelTimer ??= scheduler.after(FLUSH_MS, start)
    },
    async flush() {
      start()
      if (sending.length === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      onIdle = resolve
      const cancel = scheduler.after(EXIT_FLUSH_MS, resolve)
      await promise
      cancel()
      onIdle = null
    },
  }
}

/** Whole lines that go through a pipe in one piece: workers share theirs, and must not write into each other's lines. */
function atOnce(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= PIPE_BUF_BYTES) return bytes
  const end = bytes.lastIndexOf(NEWLINE, PIPE_BUF_BYTES - 1) + 1
  return end === 0 ? bytes.subarray(0, bytes.indexOf(NEWLINE) + 1 || bytes.length) : bytes.subarray(0, end)
}

/** What a pipe takes whole or not at all. See PIPE_BUF in pipe(7). */
const PIPE_BUF_BYTES = 4096

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines++
  return lines
}

const NEWLINE = 0x0a

/**
 * Stdout: batches of JSON, or the same lines made readable on a terminal. Writing runs on a thread of the pool, so a
 * stalled pipe holds up neither requests nor the end of the process.
 *
 * A pino transport is not used: it would be a worker, which does not work in the compiled executable.
 */
export async function openStdoutSink(options: BatchSinkOptions & { readonly isTerminal: boolean }): Promise<LogSink> {
  if (options.isTerminal) {
    const { default: pretty } = await import('pino-pretty')
    const stream = pretty({ sync: true, destination: 1, ignore: 'pid,hostname' })
    return { write: (line) => void stream.write(line), flush: async () => undefined }
  }
  return openBatchSink((bytes, done) => write(1, bytes, 0, bytes.length, null, done), options)
}
