import pino from 'pino'
import { LOG_BUFFER_BYTES_MAX } from '../core/limits.ts'
import { redactText } from '../core/secret.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogThreshold = (typeof LOG_LEVELS)[number]

/** Facts beside a message. Credentials are of type `Secret`, which prints as `[redacted]`. */
export type LogFields = Readonly<Record<string, unknown>>

/** The log of the process: JSON lines, or readable ones on a terminal. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  isEnabled(level: LogThreshold): boolean
  /** Takes effect with the next line. */
  setLevel(level: LogThreshold): void
  /** Where ready-made lines of the same format go. */
  readonly sink: LogSink
}

/** Takes whole lines, each with its newline. */
export interface LogSink {
  write(line: string): void
  /** Waits, blocking, until everything is written; called before the process ends. */
  flush(): void
}

/** pino over a sink; errors keep type, message and stack, with whatever looks like a credential taken out. */
export function createLogger(sink: LogSink, options: { level: LogThreshold }): Logger {
  const log = pino({ level: options.level, serializers: { err: serializeError, error: serializeError } }, sink)
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    isEnabled: (level) => log.isLevelEnabled(level),
    setLevel(level) {
      log.level = level
    },
    sink,
  }
}

/**
 * Stdout, in batches: a line waits at most `LOG_FLUSH_MS`, or until `LOG_BATCH_BYTES` are there. If nobody reads,
 * lines past the bound are dropped and `onDrop` hears of each. On a terminal the same lines are made readable.
 *
 * A pino transport is not used: it would be a worker thread, which does not work in the compiled executable.
 */
export async function openStdoutSink(options: { isTerminal: boolean; onDrop: () => void }): Promise<LogSink> {
  if (options.isTerminal) {
    const { default: pretty } = await import('pino-pretty')
    const stream = pretty({ sync: true, destination: 1, ignore: 'pid,hostname' })
    return { write: (line) => void stream.write(line), flush: () => undefined }
  }
  const stream = pino.destination({
    dest: 1,
    sync: false,
    minLength: LOG_BATCH_BYTES,
    maxLength: LOG_BUFFER_BYTES_MAX,
    periodicFlush: LOG_FLUSH_MS,
  })
  stream.on('drop', options.onDrop)
  return { write: (line) => void stream.write(line), flush: () => stream.flushSync() }
}

const LOG_BATCH_BYTES = 8 * 1024
const LOG_FLUSH_MS = 100

function serializeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? redactText(thrown) : thrown
  const { type, message, stack } = pino.stdSerializers.err(thrown)
  return { type, message: redactText(message), stack: redactText(stack) }
}
