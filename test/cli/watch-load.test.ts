import { describe, expect, test } from 'bun:test'
import { openShedderRefresh, watchQueue } from '../../src/cli/watch-load.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import { shed } from '../../src/resilience/shedder.ts'
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
  const queue = watchQueue(protections, 8, { clock, scheduler: counting, turns: { waitMs: () => 0 } })
  for (let i = 0; i < 1_000; i++) advance(10)
  queue.close()
  return times
}

test('the queue is looked at twenty times a second while something is under way, and twice while nothing is', () => {
  expect([looks(1), looks(0)]).toEqual([201, 21])
})

describe('the shedder is told', () => {
  const CALM = { rssBytes: 1, heapUsedBytes: 1, memoryLimitBytes: 100, loopLagMs: 5 }
  const reasons = (
    samples: readonly { readonly lagMs?: number; readonly waitMs?: number; readonly rss?: number }[],
  ) => {
    const protections = openProtections()
    const refresh = openShedderRefresh(protections, openFakeClock(0).clock)
    return samples.map(({ lagMs = 5, waitMs = 1, rss = 1 }) => {
      refresh({ ...CALM, loopLagMs: lagMs, rssBytes: rss }, waitMs)
      return shed(protections.shedder, 'main', 500)
    })
  }

  test('nothing of a process that stood still once, however long, and is fast again', () => {
    expect(reasons([{}, { lagMs: 30_000, waitMs: 30_000 }, {}, { lagMs: 700 }, {}])).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })

  test('of one that is slow sample after sample, by either sign', () => {
    expect(reasons([{ lagMs: 700 }, { lagMs: 700 }])).toEqual([null, 'loop_lag'])
    expect(reasons([{ waitMs: 1_500 }, { waitMs: 1_500 }])).toEqual([null, 'queue_wait'])
  })

  test('of full memory at once', () => {
    expect(reasons([{ rss: 90 }])).toEqual(['memory'])
  })
})
