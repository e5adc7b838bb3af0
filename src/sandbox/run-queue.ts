import type { Scheduler } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'

export interface RunQueueOptions {
  /** Runs at once. */
  readonly concurrencyMax: number
  /** Calls that may wait; of more, the last of whoever has most of them is refused at once. */
  readonly waitingMax: number
  /** Longest wait for a place, ms. */
  readonly waitMsMax: number
  readonly scheduler: Scheduler
}

/** Places for runs. Whoever gets one gives it back exactly once. */
export interface RunQueue {
  /**
   * Waits for a place. One that becomes free goes to the caller with the fewest runs, first come first served among
   * equals. As long as only one has ever called, it may have all places; from the second caller on, all but one.
   *
   * @param caller id of whoever calls
   * @returns a function that gives the place back. Throws `sandbox_unavailable` when the queue is full or the wait too
   *   long, `client_closed` when the signal aborts first.
   */
  enter(caller: string, signal: AbortSignal): Promise<() => void>
  readonly running: number
  readonly waiting: number
}

interface Waiter {
  readonly caller: string
  admit(): void
  refuse(error: ProxyError): void
}

export function createRunQueue(options: RunQueueOptions): RunQueue {
  const { waitingMax, waitMsMax, scheduler } = options
  const waiters = new Set<Waiter>()
  const places = createPlaces(options.concurrencyMax)
  const take = (caller: string): (() => void) => {
    places.take(caller)
    let isHeld = true
    return () => {
      if (isHeld) leave(caller)
      isHeld = false
    }
  }
  const leave = (caller: string): void => {
    places.giveBack(caller)
    const admissible = [...waiters].filter((waiter) => places.hasOneFor(waiter.caller))
    const fewest = Math.min(...admissible.map((waiter) => places.heldBy(waiter.caller)))
    admissible.find((waiter) => places.heldBy(waiter.caller) === fewest)?.admit()
  }
  const wait = (caller: string, signal: AbortSignal): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        waiters.delete(waiter)
        cancel()
        signal.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        caller,
        admit() {
          stop()
          resolve(take(caller))
        },
        refuse(error) {
          stop()
          reject(error)
        },
      }
      const onAbort = (): void => waiter.refuse(closed())
      const cancel = scheduler.after(waitMsMax, () =>
        waiter.refuse(busy(`no place became free within ${waitMsMax} ms`, options)),
      )
      signal.addEventListener('abort', onAbort, { once: true })
      waiters.add(waiter)
    })
  return {
    get running() {
      return places.held
    },
    get waiting() {
      return waiters.size
    },
    async enter(caller, signal) {
      if (signal.aborted) throw closed()
      places.meet(caller)
      if (places.hasOneFor(caller)) return take(caller)
      if (waiters.size < waitingMax) return wait(caller, signal)
      const full = busy('too many commands are waiting', options)
      const displaced = displacedBy(caller, waiters)
      if (displaced === null) throw full
      displaced.refuse(full)
      return wait(caller, signal)
    },
  }
}

/** How many places each caller holds, and who may have another. */
function createPlaces(placesMax: number) {
  const byCaller = new Map<string, number>()
  let held = 0
  let firstCaller: string | null = null
  let callerMax = placesMax
  const heldBy = (caller: string): number => byCaller.get(caller) ?? 0
  return {
    get held() {
      return held
    },
    heldBy,
    meet(caller: string): void {
      firstCaller ??= caller
      if (caller !== firstCaller) callerMax = Math.max(1, placesMax - 1)
    },
    hasOneFor: (caller: string): boolean => held < placesMax && heldBy(caller) < callerMax,
    take(caller: string): void {
      byCaller.set(caller, heldBy(caller) + 1)
      held++
    },
    giveBack(caller: string): void {
      const left = heldBy(caller) - 1
      if (left === 0) byCaller.delete(caller)
      else byCaller.set(caller, left)
      held--
    },
  }
}

/** The last that came of whoever has most calls waiting, where this caller has fewer even with one more. */
function displacedBy(caller: string, waiters: ReadonlySet<Waiter>): Waiter | null {
  const counts = new Map<string, number>()
  for (const waiter of waiters) counts.set(waiter.caller, (counts.get(waiter.caller) ?? 0) + 1)
  const most = Math.max(...counts.values())
  if (most <= (counts.get(caller) ?? 0) + 1) return null
  return [...waiters].findLast((waiter) => counts.get(waiter.caller) === most) ?? null
}

function busy(message: string, { waitMsMax }: RunQueueOptions): ProxyError {
  return new ProxyError('sandbox_unavailable', message, { detail: { retryAfterMs: waitMsMax } })
}

function closed(): ProxyError {
  return new ProxyError('client_closed', 'the caller went away while the command waited for a place')
}
