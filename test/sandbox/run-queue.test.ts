import { describe, expect, test } from 'bun:test'
import { createRunQueue } from '../../src/sandbox/run-queue.ts'

function scheduler() {
  const timers = new Set<() => void>()
  return {
    fire() {
      for (const run of [...timers]) run()
    },
    size: () => timers.size,
    after(_: number, run: () => void) {
      timers.add(run)
      return () => timers.delete(run)
    },
    every: () => () => undefined,
  }
}

const calm = new AbortController().signal

function queue(concurrencyMax: number, waitingMax: number) {
  const timers = scheduler()
  return { timers, queue: createRunQueue({ concurrencyMax, waitingMax, waitMsMax: 1000, scheduler: timers }) }
}

describe('the run queue', () => {
  test('admits as many as its limit, then first come first served', async () => {
    const it = queue(2, 10)
    const order: number[] = []
    const leave = await it.queue.enter(calm)
    await it.queue.enter(calm)
    const waiting = [1, 2].map((id) => it.queue.enter(calm).then(() => order.push(id)))
    expect(it.queue.waiting).toBe(2)

    leave()
    await waiting[0]

    expect(order).toEqual([1])
    expect(it.queue.running).toBe(2)
    expect(it.timers.size()).toBe(1)
  })

  test('refuses at once when as many wait as may', async () => {
    const it = queue(1, 1)
    await it.queue.enter(calm)
    it.queue.enter(calm).catch(() => undefined)

    await expect(it.queue.enter(calm)).rejects.toMatchObject({
      kind: 'sandbox_unavailable',
      detail: { retryAfterMs: 1000 },
    })
  })

  test('refuses when no place became free in time, and forgets the waiter', async () => {
    const it = queue(1, 1)
    const leave = await it.queue.enter(calm)
    const waiting = it.queue.enter(calm)

    it.timers.fire()

    await expect(waiting).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    leave()
    expect(it.queue.running).toBe(0)
    expect(it.queue.waiting).toBe(0)
  })

  test('a caller who goes away gives up the place in line', async () => {
    const it = queue(1, 1)
    await it.queue.enter(calm)
    const caller = new AbortController()
    const waiting = it.queue.enter(caller.signal)

    caller.abort()

    await expect(waiting).rejects.toMatchObject({ kind: 'client_closed' })
    expect(it.queue.waiting).toBe(0)
    expect(it.timers.size()).toBe(0)
  })

  test('leaving twice frees one place', async () => {
    const it = queue(2, 0)
    const leave = await it.queue.enter(calm)
    await it.queue.enter(calm)

    leave()
    leave()

    expect(it.queue.running).toBe(1)
  })
})
