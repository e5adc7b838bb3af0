import type { Clock } from '../core/clock.ts'
import type { Logger } from '../observability/logger.ts'
import { onShutdownSignal } from './shutdown.ts'

/** Why the process stops, and with which exit code it should. */
export interface Stop {
  readonly reason: string
  readonly code: number
}

/** Reason of a stop because whoever holds the other end of standard input is gone, however it ended. */
export const STDIN_ENDED = 'end of standard input'

/** What the process has been told about its end. */
export interface Lifecycle {
  /** Draining or stopping: readiness is gone. */
  isLeaving(): boolean
  /** The balancers have been told for `ms` already when it stops. */
  drainedForMs(): number
  readonly stopped: Promise<Stop>
}

/**
 * Listens to the signals of the process: SIGUSR1 (from `lynkr drain`) makes it unready, SIGTERM and SIGINT stop it.
 *
 * A rejection that nobody handled is logged with its stack, and the process goes on: it concerned one request. An
 * exception that nobody caught may have left anything half done: the process drains and exits with 1.
 */
export function openLifecycle(
  logger: Logger,
  clock: Clock,
  { untilStdinEnds, flush }: { untilStdinEnds: boolean; flush: () => void },
): Lifecycle {
  let isLeaving = false
  let drainStartMs: number | null = null
  process.on('SIGUSR1', () => {
    isLeaving = true
    drainStartMs ??= clock.nowMs()
    logger.info({}, 'draining: not ready any more')
  })
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'a rejection that nobody handled'))
  const crashed = new Promise<Stop>((resolve) => {
    process.on('uncaughtException', (error) => {
      logger.error({ err: error }, 'an exception that nobody caught; draining')
      resolve({ reason: 'crash', code: 1 })
    })
  })
  const asked = onShutdownSignal(flush).then((reason): Stop => ({ reason, code: 0 }))
  const left = untilStdinEnds ? stdinEnds().then((): Stop => ({ reason: STDIN_ENDED, code: 0 })) : null
  const stopped = Promise.race([asked, crashed, ...(left === null ? [] : [left])]).then((stop) => {
    isLeaving = true
    return stop
  })
  return {
    isLeaving: () => isLeaving,
    drainedForMs: () => (drainStartMs === null ? 0 : clock.nowMs() - drainStartMs),
    stopped,
  }
}

async function stdinEnds(): Promise<void> {
  const reader = Bun.stdin.stream().getReader()
  for (let isDone = false; !isDone; ) ({ done: isDone } = await reader.read())
}
