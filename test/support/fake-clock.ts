import type { Clock, TurnScheduler } from '../../src/core/clock.ts'

/** Time under the test's hand: `advance` moves both clocks and runs what is due, `jump` moves the wall clock only. */
export function openFakeClock(wallStartMs: number) {
  let nowMs = 0
  let offsetMs = wallStartMs
  const timers = new Set<{ dueMs: number; everyMs: number; run: () => void }>()
  const schedule = (delayMs: number, everyMs: number, run: () => void) => {
    const timer = { dueMs: nowMs + delayMs, everyMs, run }
    timers.add(timer)
    return () => {
      timers.delete(timer)
    }
  }
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => nowMs + offsetMs }
  const scheduler: TurnScheduler = {
    soon: queueMicrotask,
    after: (delayMs, run) => schedule(delayMs, 0, run),
    every: (intervalMs, run) => schedule(intervalMs, intervalMs, run),
  }
  return {
    clock,
    scheduler,
    jump(byMs: number) {
      offsetMs += byMs
    },
    advance(byMs: number) {
      nowMs += byMs
      for (const timer of [...timers]) {
        if (timer.dueMs > nowMs) continue
        if (timer.everyMs === 0) timers.delete(timer)
        else timer.dueMs += timer.everyMs
        timer.run()
      }
    },
  }
}
