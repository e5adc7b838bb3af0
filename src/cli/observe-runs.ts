import type { Logger } from '../observability/logger.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { RunObserver } from '../sandbox/commands.ts'

/** One count and one line of the log for every command that was asked for. Neither has arguments or output in it. */
export function observeRuns(metrics: RoomMetrics, logger: Logger): RunObserver {
  return {
    started: () => metrics.startRun(),
    settled(run) {
      const { ending } = run
      if (run.hasStarted) metrics.endRun(ending, run.durationMs)
      else if (ending === 'denied' || ending === 'unavailable') metrics.countRunRefused(ending)
      const fields = {
        run_id: run.runId,
        caller: run.caller,
        command: run.command,
        ending,
        ...(run.reason !== null && { reason: run.reason }),
        exit_code: run.exitCode,
        output_bytes: run.outputBytes,
        duration_ms: Math.round(run.durationMs),
      }
      logger[ending === 'unavailable' ? 'warn' : 'info'](fields, 'command')
    },
  }
}
