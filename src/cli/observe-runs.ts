import type { Clock } from '../core/clock.ts'
import type { Logger } from '../observability/logger.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { Tracer } from '../observability/traces/tracer.ts'
import type { RunObserver } from '../sandbox/commands.ts'

export interface RunObservers {
  readonly metrics: RoomMetrics
  readonly logger: Logger
  readonly tracer: Tracer
  readonly clock: Clock
}

/** One count, one span and one line of the log for every command that was asked for. None has arguments or output in it. */
export function observeRuns({ metrics, logger, tracer, clock }: RunObservers): RunObserver {
  return {
    started: () => metrics.startRun(),
    settled(run) {
      const { ending } = run
      if (run.hasStarted) metrics.endRun(ending, run.durationMs)
      else if (ending === 'denied' || ending === 'unavailable') metrics.countRunRefused(ending)
      tracer.recordRun({ ...run, endedWallMs: clock.wallMs() })
      const fields = {
        run_id: run.runId,
        ...(run.trace !== null && { trace_id: run.trace.traceId }),
        caller: run.caller,
        command: run.command,
        ending,
        ...(run.reason !== null && { reason: run.reason }),
        ...(run.words !== null && { words: run.words }),
        exit_code: run.exitCode,
        output_bytes: run.outputBytes,
        duration_ms: Math.round(run.durationMs),
      }
      logger[ending === 'unavailable' ? 'warn' : 'info'](fields, 'command')
    },
  }
}
