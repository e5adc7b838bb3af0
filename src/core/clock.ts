/**
 * The only door to time. Rooms take `nowMs` or `wallMs` as an argument; the composition root passes `systemClock`.
 *
 * `nowMs` is monotonic, fractional milliseconds since an arbitrary start: for durations and deadlines.
 * `wallMs` is Unix time in milliseconds: for what people and other machines read. It may jump.
 */
export interface Clock {
  nowMs(): number
  wallMs(): number
}

/** Runs work later. `after` and `every` return a function that cancels; timers never keep the process alive. */
export interface Scheduler {
  after(delayMs: number, run: () => void): () => void
  every(intervalMs: number, run: () => void): () => void
}

/** A scheduler that knows the turns of the event loop. */
export interface TurnScheduler extends Scheduler {
  /** Runs once everything that is ready in this turn has run: for work that is cheaper done together. */
  soon(run: () => void): void
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
}

export const systemScheduler: TurnScheduler = {
  soon: (run) => void setImmediate(run),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** As `systemScheduler`, for the two commands that do nothing but wait: its timers keep the process alive. */
export const holdingScheduler: Scheduler = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs)
    return () => clearInterval(timer)
  },
}

/** Resolves in the next turn of the event loop: whatever is ready now has run by then. */
export function nextTurn(scheduler: TurnScheduler = systemScheduler): Promise<void> {
  return new Promise((resolve) => scheduler.soon(resolve))
}

/** Resolves after `delayMs`; rejects with the reason of `signal`, if there is one, as soon as that aborts. */
export function sleep(scheduler: Pick<Scheduler, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = scheduler.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
