import { expect, test } from 'bun:test'
import { shutDown } from '../../src/cli/shutdown.ts'
import type { Interruptible } from '../../src/pipeline/protections.ts'
import { openFakeClock } from '../support/fake-clock.ts'

/** How many turns of the event loop, each as long as told, the port stays open at the end of a process that has nothing to do. */
async function turnsUntilClosed(turnsMs: readonly number[]): Promise<number> {
  let nowMs = 0
  let turns = 0
  let closedAt = -1
  const pending = turnsMs.values()
  await shutDown({
    timeoutMs: 30_000,
    hasDrained: true,
    listener: {
      async drain() {
        closedAt = turns
      },
      close: async () => undefined,
    },
    open: [],
    close: async () => undefined,
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    scheduler: {
      after(delayMs, run) {
        if (delayMs > 0) return () => undefined
        nowMs += pending.next().value ?? 1
        turns++
        queueMicrotask(run)
        return () => undefined
      },
      every: () => () => undefined,
    },
  })
  return closedAt
}

test('the port is closed right after a short turn, so that nobody who has just been accepted is reset', async () => {
  expect([await turnsUntilClosed([1]), await turnsUntilClosed([30, 40, 1, 30])]).toEqual([1, 3])
})

test('the port of a process that is never calm is closed all the same', async () => {
  expect(await turnsUntilClosed(Array(100).fill(50))).toBe(5)
})

/** How long it takes where what is left to write never is, in ms. */
async function msUntilGone(timeoutMs: number, open: ReadonlySet<Interruptible>): Promise<number> {
  const { clock, scheduler, advance } = openFakeClock(0)
  let isGone = false
  const gone = shutDown({
    timeoutMs,
    hasDrained: true,
    listener: { drain: async () => undefined, close: async () => undefined },
    open: [open],
    close: () => new Promise(() => undefined),
    clock,
    scheduler,
  }).then(() => {
    isGone = true
  })
  while (!isGone) {
    advance(10)
    await new Promise(setImmediate)
  }
  await gone
  return clock.nowMs()
}

test('a store that does not answer holds the process no longer than the time that there is', async () => {
  expect(await msUntilGone(1_000, new Set())).toBe(1_000)
})

test('where a request takes all of the time, what is left to write has half a second', async () => {
  expect(await msUntilGone(1_000, new Set([{ interrupt: () => undefined }]))).toBe(1_500)
})
