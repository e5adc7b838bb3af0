import { expect, test } from 'bun:test'
import { watchQueue } from '../../src/cli/compose-protections.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import { openFakeClock } from '../support/fake-clock.ts'

/** How often the watch looks in ten seconds, while this many requests are under way. */
function looks(requests: number): number {
  const { clock, scheduler, advance } = openFakeClock(0)
  const protections = openProtections()
  for (let i = 0; i < requests; i++) protections.open.add({ interrupt: () => undefined })
  let times = 0
  const counting = {
    ...scheduler,
    after(delayMs: number, run: () => void) {
      times++
      return scheduler.after(delayMs, run)
    },
  }
  const queue = watchQueue(protections, 8, { clock, scheduler: counting })
  for (let i = 0; i < 1_000; i++) advance(10)
  queue.close()
  return times
}

test('the queue is looked at twenty times a second while something is under way, and twice while nothing is', () => {
  expect([looks(1), looks(0)]).toEqual([201, 21])
})
