import { type Clock, systemScheduler } from '../core/clock.ts'
import type { Logger } from '../observability/logger.ts'
import { SECOND_SIGNAL_EXIT_MS } from '../resilience/shutdown-plan.ts'
import { ABANDONED } from './abandoned.ts'
import { onShutdownSignal } from './shutdown.ts'
import type { WorkerLink } from './workers/link.ts'

/** Why the process stops, and with which exit code it should. */
export interface Stop {
  readonly reason: string
  readonly code: number
}

/** Reason of a stop because another worker has taken the place. */
const RETIRED = 'retire'
/** Reason of a stop after an uncaught exception. A worker that crashes leaves the others ready: one will replace it. */
const CRASHED = 'crash'

/** Leaves a part of that second for what a process does at its very end. */
const HURRY_MS = SECOND_SIGNAL_EXIT_MS * 0.8

export interface LifecycleOptions {
  /** Resolves when whoever started lynkr is gone; `null` where that is no reason to stop. */
  readonly abandoned: Promise<void> | null
  readonly flush: () => void
  /** A worker's channel: its supervisor takes the signals, and passes them on. */
  readonly link?: Pick<WorkerLink, 'onDrain' | 'onStop' | 'onStopNow'> | null
}

/** What the process has been told about its end. */
export interface Lifecycle {
  /** Draining or stopping: readiness is gone. */
  isLeaving(): boolean
  /** Leaving without another worker in its place: load balancers must go elsewhere. */
  isUnready(): boolean
  /** A second signal has come: what is under way is ended, settled and written, within a second. */
  isHurried(): boolean
  /** For how long the instance has been unready, in ms; 0 if it was not drained. */
  drainedForMs(): number
  /**
   * Without a terminal, SIGHUP asks for a reload: calls back on each, and at once if one has come already. Until then, and
   * at the end, it changes nothing, where by default it would end the process.
   */
  onHangUp(run: () => void): void
  readonly stopped: Promise<Stop>
}

/**
 * Listens to the signals of the process: SIGUSR1 (from `lynkr drain`) makes it unready, SIGTERM and SIGINT stop it. A
 * second one hurries, and ends the process with 1 where that takes too long; a third one does so at once.
 *
 * A rejection that nobody handled is logged with its stack, and the process goes on: it concerned one request. An
 * exception that nobody caught may have left anything half done: the process drains and exits with 1.
 */
export function openLifecycle(
  logger: Logger,
  clock: Clock,
  { abandoned, flush, link = null }: LifecycleOptions,
): Lifecycle {
  let isLeaving = false
  let isUnready = false
  let drainStartMs: number | null = null
  let isHurried = false
  const end = (): void => {
    flush()
    process.exit(1)
  }
  const hurry = (): void => {
    if (isHurried) end()
    isHurried = true
    systemScheduler.after(HURRY_MS, end)
  }
  const drain = (): void => {
    isLeaving = true
    isUnready = true
    drainStartMs ??= clock.nowMs()
    logger.info({}, 'draining: not ready any more')
  }
  process.on('SIGUSR1', drain)
  link?.onDrain(drain)
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'a rejection that nobody handled'))
  const crashed = new Promise<Stop>((resolve) => {
    process.on('uncaughtException', (error) => {
      logger.error({ err: error }, 'an exception that nobody caught; draining')
      resolve({ reason: CRASHED, code: 1 })
    })
  })
  const onHangUp = link === null && !hasTerminal() ? keepHangUps() : () => undefined
  const told =
    link === null ? onShutdownSignal(hurry, hasTerminal() ? 'ends' : 'reloads') : toldBySupervisor(link, hurry)
  const asked = told.then((reason): Stop => ({ reason, code: 0 }))
  const left = abandoned?.then((): Stop => ({ reason: ABANDONED, code: 0 })) ?? null
  const stopped = Promise.race([asked, crashed, ...(left === null ? [] : [left])]).then((stop) => {
    isLeaving = true
    isUnready ||= stop.reason !== RETIRED && !(stop.reason === CRASHED && link !== null)
    return stop
  })
  return {
    isLeaving: () => isLeaving,
    isUnready: () => isUnready,
    isHurried: () => isHurried,
    drainedForMs: () => (drainStartMs === null ? 0 : clock.nowMs() - drainStartMs),
    onHangUp,
    stopped,
  }
}

function keepHangUps(): Lifecycle['onHangUp'] {
  let isWaiting = false
  let reload = (): void => {
    isWaiting = true
  }
  process.on('SIGHUP', () => reload())
  return (run) => {
    reload = run
    if (isWaiting) run()
  }
}

/** A terminal that is closed sends SIGHUP, and means the end; without one, somebody asks for a reload. */
function hasTerminal(): boolean {
  return process.stdin.isTTY === true
}

/**
 * A signal to the whole group, as terminals and service managers send it, reaches worker and supervisor: it is the same
 * one, told twice, and never the second that ends everything at once.
 */
function toldBySupervisor(link: Pick<WorkerLink, 'onStop' | 'onStopNow'>, hurry: () => void): Promise<string> {
  process.on('SIGINT', () => undefined)
  process.on('SIGHUP', () => undefined)
  link.onStopNow(hurry)
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    link.onStop(resolve)
  })
}
