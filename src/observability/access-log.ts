import type { Clock } from '../core/clock.ts'
import { ERROR_TRAITS, type LogLevel } from '../core/errors.ts'
import type { RequestRecord } from '../core/record.ts'
import { redactText } from '../core/secret.ts'
import { promptTokens } from '../core/usage.ts'
import type { FloodGate } from './flood-gate.ts'
import { jsonText } from './json-text.ts'
import type { Logger } from './logger.ts'

export interface AccessLog {
  /** Writes the one line of a finished request. */
  write(record: RequestRecord): void
}

/**
 * One JSON line per request in pino's format, written by hand into the logger's own sink: the same order of fields
 * every time, for a fifth of pino's cost. Lines below the logger's level are left out.
 */
export function createAccessLog(logger: Logger, options: AccessLogOptions): AccessLog {
  const head = `,"pid":${options.pid},"hostname":${jsonText(options.hostname)}`
  return {
    write(record) {
      const level = accessLevel(record)
      if (!logger.isEnabled(level)) return
      const standsFor = options.gate.admit(record.errorKind ?? record.outcome, options.clock.nowMs())
      if (standsFor > 0) logger.sink.write(accessLine(record, { level, head, standsFor }))
    },
  }
}

export interface AccessLogOptions {
  readonly pid: number
  readonly hostname: string
  readonly clock: Clock
  /** Thins out floods of requests that end alike. */
  readonly gate: FloodGate
}

/** What a line says besides its request. `standsFor`: 1, or in a flood the lines left out since the last one too. */
interface LineOptions {
  readonly level: LogLevel
  readonly head: string
  readonly standsFor: number
}

/** The level is that of the error's kind; without an error `info`. */
export function accessLevel({ errorKind }: RequestRecord): LogLevel {
  return errorKind === null ? 'info' : ERROR_TRAITS[errorKind].log
}

const PINO_LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const satisfies Record<LogLevel, number>

/**
 * The line, newline included. `time` is when the request ended, Unix ms; durations are seconds, cost is US dollars;
 * absent facts are `null`, so that every line has the same fields.
 */
export function accessLine(record: RequestRecord, { level, head, standsFor }: LineOptions): string {
  const { usage } = record
  return (
    `{"level":${PINO_LEVELS[level]},"time":${endedWallMs(record)}${head}` +
    `,"request_id":${textOrNull(record.requestId)},"trace_id":${jsonText(record.traceId)},"key_id":${textOrNull(record.keyId)}` +
    `,"session_id":${textOrNull(record.sessionId)},"surface":"${record.surface}","stream":${record.stream}` +
    `,"model_asked":${textOrNull(record.modelAsked)},"model_used":${textOrNull(record.modelUsed)}` +
    `,"provider":${textOrNull(record.provider)},"lane":"${record.lane}","attempts":${record.attempts}` +
    `,"status":${record.status},"outcome":"${record.outcome}","error_kind":${textOrNull(record.errorKind)}` +
    `,"input_tokens":${usage === null ? 'null' : promptTokens(usage)}` +
    `,"cache_read_tokens":${usage === null ? 'null' : usage.cacheReadTokens}` +
    `,"cache_write_tokens":${usage === null ? 'null' : usage.cacheWriteTokens}` +
    `,"output_tokens":${usage === null ? 'null' : usage.outputTokens},"usage_estimated":${record.isUsageEstimated}` +
    `,"cost_usd":${dollars(record.costMicroUsd)},"request_bytes":${record.requestBytes}` +
    `,"response_bytes":${record.responseBytes},"first_byte_seconds":${seconds(record.firstByteMs)}` +
    `,"duration_seconds":${seconds(record.durationMs)},"repairs":${record.repairs}` +
    `,"dropped":${textList(record.dropped)},"stands_for":${standsFor},"msg":"request"}\n`
  )
}

/** Words of others: whatever in them looks like a credential is taken out. */
function textOrNull(text: string | null): string {
  return text === null ? 'null' : jsonText(redactText(text))
}

function endedWallMs({ startedWallMs, durationMs }: RequestRecord): number {
  return Math.round(startedWallMs + (durationMs >= 0 ? durationMs : 0))
}

/** To the microsecond; JSON has no NaN. */
function seconds(ms: number | null): string {
  return ms === null || !Number.isFinite(ms) ? 'null' : `${Math.round(ms * 1000) / 1e6}`
}

function dollars(microUsd: number | null): string {
  return microUsd === null || !Number.isFinite(microUsd) ? 'null' : `${microUsd / 1e6}`
}

function textList(texts: readonly string[]): string {
  return texts.length === 0 ? '[]' : `[${texts.slice(0, DROPPED_NAMED_MAX).map(textOrNull).join(',')}]`
}

/** Dropped features named in one line; the metric counts all of them. */
const DROPPED_NAMED_MAX = 16
