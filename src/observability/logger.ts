import pino from 'pino'
import { LOG_WORDS_CHARS_MAX } from '../core/limits.ts'
import { redactText } from '../core/secret.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
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
  /** Resolves when everything is written, or when its reader has had its time; called before the process ends. */
  flush(): Promise<void>
}

/** pino over a sink; errors keep type, message and stack, with whatever looks like a credential taken out. */
export function createLogger(sink: LogSink, options: { level: LogThreshold }): Logger {
  const log = pino({ level: options.level, serializers: { err: serializeError, error: serializeError } }, sink)
  return {
    debug: (fields, message) => log.debug(redactFields(fields), plain(message)),
    info: (fields, message) => log.info(redactFields(fields), plain(message)),
    warn: (fields, message) => log.warn(redactFields(fields), plain(message)),
    error: (fields, message) => log.error(redactFields(fields), plain(message)),
    isEnabled: (level) => log.isLevelEnabled(level),
    setLevel(level) {
      log.level = level
    },
    sink,
  }
}

/** Words of others come as plain text; secrets of our own are of type `Secret` and redact themselves. */
function redactFields(fields: LogFields): LogFields {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? plain(value) : value,
  ])
  return Object.fromEntries(entries)
}

/** Words of others as they may stand in the log. */
function plain(text: string): string {
  return redactText(text.length <= LOG_WORDS_CHARS_MAX ? text : `${text.slice(0, LOG_WORDS_CHARS_MAX)}…`)
}

function serializeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? plain(thrown) : thrown
  const { message, stack } = pino.stdSerializers.err(thrown)
  // Not the name of its class: in the executable that is a letter or two.
  return { type: thrown.name, message: plain(message), stack: plain(stack) }
}
