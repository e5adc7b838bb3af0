import { describe, expect, test } from 'bun:test'
import { type Scheduler, sleep } from '../../src/core/clock.ts'

function fakeScheduler() {
  const pending = new Set<() => void>()
  const scheduler: Scheduler = {
    after(_delayMs, run) {
      pending.add(run)
      return () => pending.delete(run)
    },
    every: () => () => undefined,
  }
  const fire = (): void => {
    for (const run of pending) run()
  }
  return { scheduler, pending, fire }
}

describe('sleep', () => {
  test('ends when its time has come', async () => {
    const { scheduler, fire } = fakeScheduler()

    const slept = sleep(scheduler, 1_000, new AbortController().signal)
    fire()

    expect(await slept).toBeUndefined()
  })

  test('ends at once when aborted, and leaves no timer', async () => {
    const { scheduler, pending } = fakeScheduler()
    const controller = new AbortController()

    const slept = sleep(scheduler, 1_000, controller.signal)
    controller.abort(new Error('client gone'))

    await expect(slept).rejects.toThrow('client gone')
    expect(pending.size).toBe(0)
  })

  test('does not begin when already aborted', async () => {
    const { scheduler, pending } = fakeScheduler()

    const slept = sleep(scheduler, 1_000, AbortSignal.abort(new Error('too late')))

    await expect(slept).rejects.toThrow('too late')
    expect(pending.size).toBe(0)
  })
})
