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
    const leave = await it.queue.enter('one', calm)
    await it.queue.enter('one', calm)
    const waiting = [1, 2].map((id) => it.queue.enter('one', calm).then(() => order.push(id)))
    expect(it.queue.waiting).toBe(2)

    leave()
    await waiting[0]

    expect(order).toEqual([1])
    expect(it.queue.running).toBe(2)
    expect(it.timers.size()).toBe(1)
  })

  test('refuses at once when as many wait as may', async () => {
    const it = queue(1, 1)
    await it.queue.enter('one', calm)
    it.queue.enter('one', calm).catch(() => undefined)

    await expect(it.queue.enter('one', calm)).rejects.toMatchObject({
      kind: 'sandbox_unavailable',
      detail: { retryAfterMs: 1000 },
    })
  })

  test('refuses when no place became free in time, and forgets the waiter', async () => {
    const it = queue(1, 1)
    const leave = await it.queue.enter('one', calm)
    const waiting = it.queue.enter('one', calm)

    it.timers.fire()

    await expect(waiting).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    leave()
    expect(it.queue.running).toBe(0)
    expect(it.queue.waiting).toBe(0)
  })

  test('a caller who goes away gives up the place in line', async () => {
    const it = queue(1, 1)
    await it.queue.enter('one', calm)
    const caller = new AbortController()
    const waiting = it.queue.enter('one', caller.signal)

    caller.abort()

    await expect(waiting).rejects.toMatchObject({ kind: 'client_closed' })
    expect(it.queue.waiting).toBe(0)
    expect(it.timers.size()).toBe(0)
  })

  test('from the second caller on nobody has the last place too, so that it is there for who has none', async () => {
    const it = queue(3, 10)
    await it.queue.enter('other', calm).then((leave) => leave())
    await it.queue.enter('one', calm)
    await it.queue.enter('one', calm)

    it.queue.enter('one', calm).catch(() => undefined)
    await it.queue.enter('other', calm)

    expect([it.queue.running, it.queue.waiting]).toEqual([3, 1])
  })

  test('a caller that is the only one has all places', async () => {
    const it = queue(2, 10)

    await it.queue.enter('one', calm)
    await it.queue.enter('one', calm)

    expect(it.queue.running).toBe(2)
  })

  test('of one place two callers have their turn', async () => {
    const it = queue(1, 10)

    await it.queue.enter('other', calm).then((leave) => leave())
    await it.queue.enter('one', calm)

    expect(it.queue.running).toBe(1)
  })

  test('a place that becomes free goes to who has fewest, before those of one caller that came first', async () => {
    const it = queue(2, 10)
    const order: string[] = []
    const leave = await it.queue.enter('one', calm)
    await it.queue.enter('one', calm)
    const waiting = ['one', 'one', 'other'].map((caller) => it.queue.enter(caller, calm).then(() => order.push(caller)))

    leave()
    await waiting[2]

    expect(order).toEqual(['other'])
  })

  test('a place that is kept for others is given to nobody who has the rest, when one of theirs ends', async () => {
    const it = queue(2, 10)
    await it.queue.enter('one', calm)
    const leave = await it.queue.enter('other', calm)
    it.queue.enter('one', calm).catch(() => undefined)

    leave()

    expect([it.queue.running, it.queue.waiting]).toEqual([1, 1])
  })

  test('where the line is full, the last of who has most in it is told to come back, instead of who has fewer', async () => {
    const it = queue(1, 3)
    await it.queue.enter('one', calm)
    const waiting = [1, 2, 3].map(() => it.queue.enter('one', calm).catch((error: unknown) => error))

    it.queue.enter('other', calm).catch(() => undefined)

    expect(await waiting[2]).toMatchObject({ kind: 'sandbox_unavailable', detail: { retryAfterMs: 1000 } })
    expect(it.queue.waiting).toBe(3)
    await expect(it.queue.enter('one', calm)).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
  })

  test('leaving twice frees one place', async () => {
    const it = queue(2, 0)
    const leave = await it.queue.enter('one', calm)
    await it.queue.enter('one', calm)

    leave()
    leave()

    expect(it.queue.running).toBe(1)
  })
})
