/** The moment by which a measurement should come to its end, with what it has by then. */
export interface Deadline {
  readonly endMs: number
  isOver(): boolean
  /** A part of what is left of the time. */
  part(share: number): Deadline
}

/** @param endMs on the clock of `performance.now()` */
export function deadlineAt(endMs: number): Deadline {
  return {
    endMs,
    isOver: () => performance.now() >= endMs,
    part(share) {
      const nowMs = performance.now()
      return deadlineAt(nowMs + Math.max(0, endMs - nowMs) * share)
    },
  }
}
