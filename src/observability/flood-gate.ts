/** Lets lines of a kind through up to a pace, then every hundredth, so that a flood costs neither CPU nor disk. */
export interface FloodGate {
  /**
   * @param kind   one of a closed set
   * @param nowMs  monotonic
   * @returns how many lines of this kind the line stands for, itself included; 0: leave it out
   */
  admit(kind: string, nowMs: number): number
}

const WINDOW_MS = 1_000
/** In a flood, one line in this many is written. */
export const FLOOD_SAMPLE = 100

interface Pace {
  windowEndsMs: number
  seen: number
  /** Left out since the last one that was written: the next one tells of them. */
  untold: number
}

/** @param linesPerSecond lines of each kind in a second that are all written; 0 writes every line always */
export function createFloodGate(linesPerSecond: number): FloodGate {
  const paces = new Map<string, Pace>()
  return {
    admit(kind, nowMs) {
      if (linesPerSecond === 0) return 1
      let pace = paces.get(kind)
      if (pace === undefined) {
        pace = { windowEndsMs: nowMs + WINDOW_MS, seen: 0, untold: 0 }
        paces.set(kind, pace)
      }
      if (nowMs >= pace.windowEndsMs) {
        pace.windowEndsMs = nowMs + WINDOW_MS
        pace.seen = 0
      }
      pace.seen++
      if (pace.seen > linesPerSecond && (pace.seen - linesPerSecond) % FLOOD_SAMPLE !== 0) {
        pace.untold++
        return 0
      }
      const standsFor = pace.untold + 1
      pace.untold = 0
      return standsFor
    },
  }
}
