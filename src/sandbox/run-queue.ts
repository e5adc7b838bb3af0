import type { Scheduler } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'

export interface RunQueueOptions {
  /** Runs at once. */
  readonly concurrencyMax: number
  /** Callers that may wait; one more is refused at once. */
  readonly waitingMax: number
  /** Longest wait for a place, ms. */
  readonly waitMsMax: number
  readonly scheduler: Scheduler
}

/** Places for runs. Whoever gets one gives it back exactly once. */
export interface RunQueue {
  /**
   * Waits for a place, first come first served.
   *
   * @returns a function that gives the place back. Throws `sandbox_unavailable` when the queue is full or the wait too
   *   long, `client_closed` when the signal aborts first.
   */
  enter(signal: AbortSignal): Promise<() => void>
  readonly running: number
  readonly waiting: number
}

interface Waiter {
  readonly admit: () => void
}

export function createRunQueue(options: RunQueueOptions): RunQueue {
  const waiters = new Set<Waiter>()
  let running = 0
  const leave = (): void => {
    running--
    const [next] = waiters
    next?.admit()
  }
  const take = (): (() => void) => {
    running++
    let isHeld = true
    return () => {
      if (isHeld) leave()
      isHeld = false
    }
  }
  return {
    get running() {
      return running
    },
    get waiting() {
      return waiters.size
    },
    enter(signal) {
      if (signal.aborted) return Promise.reject(closed())
      if (running < options.concurrencyMax) return Promise.resolve(take())
      if (waiters.size >= options.waitingMax) return Promise.reject(busy('too many commands are waiting', options))
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          waiters.delete(waiter)
          cancel()
          signal.removeEventListener('abort', onAbort)
        }
        const waiter: Waiter = {
          admit() {
            stop()
            resolve(take())
          },
        }
        const onAbort = (): void => {
          stop()
          reject(closed())
        }
        const cancel = options.scheduler.after(options.waitMsMax, () => {
          stop()
          reject(busy(`no place became free within ${options.waitMsMax} ms`, options))
        })
        signal.addEventListener('abort', onAbort, { once: true })
        waiters.add(waiter)
      })
    },
  }
}

function busy(message: string, { waitMsMax }: RunQueueOptions): ProxyError {
  return new ProxyError('sandbox_unavailable', message, { detail: { retryAfterMs: waitMsMax } })
}

function closed(): ProxyError {
  return new ProxyError('client_closed', 'the caller went away while the command waited for a place')
}
