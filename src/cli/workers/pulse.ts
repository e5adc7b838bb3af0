/** So many reports in a row that did not come: it is told of as one that does not serve. */
const MISSED_TOLD = 5
/** So many: whoever is led to it waits for nothing, and it will not come back. */
const MISSED_MAX = 30

/**
 * Which workers still answer when they are asked for a report. What counts is how often they were asked, not the time: a
 * machine that slept has stopped whoever asks as well.
 */
export interface Pulse<Worker> {
  /** From here on it is asked. */
  begin(worker: Worker): void
  heard(worker: Worker): void
  forget(worker: Worker): void
  /** Each is asked once more. @returns those that were asked in vain too often, each of them once */
  ask(): readonly Worker[]
  /** Whether it answers; also of one that nobody has asked yet. */
  isFelt(worker: Worker): boolean
}

export function openPulse<Worker>(): Pulse<Worker> {
  const missed = new Map<Worker, number>()
  return {
    begin: (worker) => void missed.set(worker, 0),
    heard(worker) {
      if (missed.has(worker)) missed.set(worker, 0)
    },
    forget: (worker) => void missed.delete(worker),
    ask() {
      const lost: Worker[] = []
      for (const [worker, count] of missed) {
        missed.set(worker, count + 1)
        if (count === MISSED_MAX) lost.push(worker)
      }
      return lost
    },
    isFelt: (worker) => (missed.get(worker) ?? 0) <= MISSED_TOLD,
  }
}
