import { type Clock, type Scheduler, sleep } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'
import type { Listener } from '../http/listen.ts'
import type { Interruptible } from '../pipeline/protections.ts'
import { shutdownPhase, shutdownPlan } from '../resilience/shutdown-plan.ts'

/**
 * Resolves with the name of the first signal that asks the process to stop.
 *
 * @param onMore  called for every further one; by default it ends the process at once
 * @param hangUp whether SIGHUP is one of them: not where it asks for the configuration to be read again
 */
export function onShutdownSignal(
  onMore: () => void = () => process.exit(1),
  hangUp: 'ends' | 'reloads' = 'ends',
): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isAsked = false
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isAsked) return onMore()
      isAsked = true
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    // A terminal that is closed sends this; by default the process would be gone in the middle of its streams.
    if (hangUp === 'ends') process.on('SIGHUP', onSignal)
  })
}

export interface ShutdownOptions {
  /** GRACEFUL_SHUTDOWN_TIMEOUT, in ms. */
  readonly timeoutMs: number
  /** Balancers have already been told, by `lynkr drain`. */
  readonly hasDrained: boolean
  /** Whether somebody has asked a second time, who waits no longer. */
  readonly isHurried?: () => boolean
  readonly listener: Pick<Listener, 'drain' | 'close'>
  /** What is under way, by kind. */
  readonly open: readonly ReadonlySet<Interruptible>[]
  /** Writes what is left, once nothing is under way. A store that does not answer does not hold the process up. */
  readonly close: () => Promise<void>
  readonly clock: Clock
  readonly scheduler: Scheduler
}

/** How often the end of the last request is looked for; well under the second within which the process must be gone. */
const LOOK_EVERY_MS = 20
/** A turn of the event loop this short has little in it besides those who have just come. */
const CALM_TURN_MS = 2
const CALM_WITHIN_MS = 250
/** After the last request has ended, its bytes may still be on their way to the client. */
const FLUSH_MS = 500
/** For what is left to write, where requests have taken all of the time. */
const WRITE_MS_MIN = 500

/**
 * Stops serving without failing anyone: goes on for the lead time, stops accepting, lets requests finish, ends what
 * is left with its dialect's error, and closes. Resolves within the timeout. In a hurry what is left is ended at once.
 */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { listener, open, clock, scheduler, isHurried = () => false } = options
  const plan = shutdownPlan(options.timeoutMs, options.hasDrained)
  const startMs = clock.nowMs()
  let drained: Promise<void> | null = null
  for (;;) {
    const phase = isHurried() ? 'cut' : shutdownPhase(plan, clock.nowMs() - startMs)
    if (phase === 'exit') break
    if (phase !== 'lead') {
      drained ??= closePort(options)
      if (open.every(({ size }) => size === 0)) break
    }
    if (phase === 'cut') open.forEach(interruptAll)
    await sleep(scheduler, LOOK_EVERY_MS)
  }
  if (drained !== null) await Promise.race([drained, sleep(scheduler, FLUSH_MS)])
  await Promise.race([listener.close(), sleep(scheduler, FLUSH_MS)])
  const leftMs = options.timeoutMs - (clock.nowMs() - startMs)
  await Promise.race([options.close(), sleep(scheduler, Math.max(WRITE_MS_MIN, leftMs))])
}

/**
 * Closes the port right after a short turn of the event loop, which has taken in whoever had come: those whom the system
 * has accepted for us and we have not, it resets.
 */
async function closePort({ listener, clock, scheduler }: ShutdownOptions): Promise<void> {
  const untilMs = clock.nowMs() + CALM_WITHIN_MS
  for (let turnMs = Number.POSITIVE_INFINITY; turnMs > CALM_TURN_MS && clock.nowMs() < untilMs; ) {
    const startMs = clock.nowMs()
    await sleep(scheduler, 0)
    turnMs = clock.nowMs() - startMs
  }
  await listener.drain()
}

function interruptAll(open: ReadonlySet<Interruptible>): void {
  for (const request of open) {
    request.interrupt(new ProxyError('shutting_down', 'lynkr is shutting down; send the request again'))
  }
}
