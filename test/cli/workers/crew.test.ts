import { describe, expect, test } from 'bun:test'
import { openCrew } from '../../../src/cli/workers/crew.ts'
import type { FromSupervisor, FromWorker, WorkerFacts } from '../../../src/cli/workers/protocol.ts'
import { openFakeClock } from '../../support/fake-clock.ts'

interface FakeWorker {
  readonly sent: FromSupervisor[]
  readonly serves: string | null
  say(message: FromWorker): void
  end(code: number): Promise<void>
  readonly isKilled: () => boolean
}

/**
 * A crew whose processes are made, heard and ended by hand, under time that stands still.
 *
 * @param closes whether a worker that is replaced says at once that its port is closed
 */
function open({ closes = true } = {}) {
  const time = openFakeClock(0)
  const born: FakeWorker[] = []
  const logged: Readonly<Record<string, unknown>>[] = []
  const log = (fields: Readonly<Record<string, unknown>>): void => void logged.push(fields)
  const crew = openCrew({
    ...time,
    random: () => 0.5,
    logger: {
      debug: log,
      info: log,
      warn: log,
      error: log,
      isEnabled: () => true,
      setLevel: () => undefined,
      sink: { write: () => undefined, flush: async () => undefined },
    },
    spawn({ configuration }, onMessage) {
      const { promise, resolve } = Promise.withResolvers<number>()
      const sent: FromSupervisor[] = []
      let isKilled = false
      born.push({
        sent,
        serves: configuration.text,
        say: onMessage,
        async end(code) {
          resolve(code)
          await settle()
        },
        isKilled: () => isKilled,
      })
      return {
        pid: born.length,
        exited: promise,
        send(message) {
          sent.push(message)
          if (closes && message.type === 'stop') onMessage({ type: 'closed' })
        },
        kill() {
          isKilled = true
          resolve(137)
        },
      }
    },
  })
  return { ...time, crew, born, logged }
}

/** Lets every promise that is due come to pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

async function started(count: number, options = {}) {
  const rig = open(options)
  const start = rig.crew.start(plan(count))
  for (let i = 0; i < count; i++) {
    await settle()
    rig.born[i]?.say({ type: 'ready' })
  }
  expect(await start).toBeNull()
  return rig
}

const plan = (workers: number, text = 'first', graceMs = 0) => ({
  workers,
  graceMs,
  configuration: { file: 'lynkr.yaml', text },
})

const SIGNAL = { now: 0, threshold: 1 }
const FACTS: WorkerFacts = {
  health: null,
  breakers: [],
  shedding: {
    active_requests: { now: 0, threshold: 1, admitted: 1 },
    memory: SIGNAL,
    heap: SIGNAL,
    loop_lag_seconds: SIGNAL,
    pressure: 0,
    classes: {},
  },
  records: [],
}

/** What it was told last of how many serve. */
const crewOf = (worker: FakeWorker | undefined) =>
  worker?.sent.flatMap((message) => (message.type === 'totals' ? [message.crew] : [])).at(-1)

const told = (worker: FakeWorker | undefined) =>
  worker?.sent.flatMap((message) => (message.type === 'stop' ? [message.how] : []))

describe('starting', () => {
  test('the first worker is alone until it is ready: it makes what the others find', async () => {
    const { crew, born } = open()
    void crew.start(plan(3))
    await settle()
    const alone = born.length

    born[0]?.say({ type: 'ready' })
    await settle()

    expect([alone, born.length]).toEqual([1, 3])
  })

  test('a first worker that cannot start ends it all with its exit code', async () => {
    const { crew, born } = open()
    const start = crew.start(plan(2))

    await born[0]?.end(2)

    expect(await start).toBe(2)
    expect(born).toHaveLength(1)
  })

  test('another that is killed while it starts is tried again, and the first serves on', async () => {
    const { crew, born, logged, advance } = open()
    const start = crew.start(plan(2))
    born[0]?.say({ type: 'ready' })
    await settle()

    await born[1]?.end(137)
    advance(1_000)
    await settle()
    born[2]?.say({ type: 'ready' })

    expect(await start).toBeNull()
    expect(logged).toMatchObject([{ code: 137 }])
  })
})

describe('a worker that ends unasked', () => {
  test('is replaced once its port is closed, whatever it has still to answer, and only once', async () => {
    const { born, advance, crew } = await started(2)
    for (const worker of born) worker.say({ type: 'hello', layout: { keys: [], rules: [] } })

    born[0]?.say({ type: 'closed' })
    advance(1_000)
    const next = born.length
    born[2]?.say({ type: 'ready' })
    await born[0]?.end(1)
    advance(60_000)
    await settle()
    void crew.stop('SIGTERM', 0)

    expect([next, born.length]).toEqual([3, 3])
    expect(born.map(told)).toEqual([[], ['SIGTERM'], ['SIGTERM']])
  })

  test('is started again ever more slowly, from 0.1 s to under half a minute', async () => {
    const { born, advance, logged } = await started(1)

    for (let i = 0; i < 12; i++) {
      await born.at(-1)?.end(1)
      advance(60_000)
      await settle()
    }

    const delays = logged.flatMap(({ restart_ms }) => (typeof restart_ms === 'number' ? [restart_ms] : []))
    expect(delays.slice(0, 5)).toEqual([200, 300, 500, 900, 1_700])
    expect(delays.at(-1)).toBeLessThanOrEqual(30_100)
    expect(born).toHaveLength(13)
  })

  test('after a long good life is started again at once', async () => {
    const { born, advance, logged } = await started(1)
    await born[0]?.end(1)
    advance(1_000)
    await settle()
    born[1]?.say({ type: 'ready' })
    advance(61_000)

    await born[1]?.end(139)

    expect(logged.at(-1)?.restart_ms).toBe(200)
  })

  test('is not started again while all are leaving', async () => {
    const { crew, born, advance } = await started(2)
    const stop = crew.stop('SIGTERM', 10_000)

    await born[0]?.end(0)
    await born[1]?.end(0)
    advance(60_000)

    expect(await stop).toBe(0)
    expect(born).toHaveLength(2)
  })
})

describe('replacing', () => {
  test('each worker goes only when the one in its place is ready', async () => {
    const { crew, born } = await started(2)
    const roll = crew.roll(plan(2))
    await settle()
    const before = [told(born[0]), born.length]

    born[2]?.say({ type: 'ready' })
    await settle()
    const between = [told(born[0]), told(born[1]), born.length]
    born[3]?.say({ type: 'ready' })
    await roll

    expect(before).toEqual([[], 3])
    expect(between).toEqual([['retire'], [], 4])
    expect(told(born[1])).toEqual(['retire'])
  })

  test.each([
    ['says so', (worker: FakeWorker | undefined) => worker?.say({ type: 'closed' })],
    ['is gone', (worker: FakeWorker | undefined) => worker?.end(0)],
  ])('is done when the last of the old ones takes nothing new: it %s', async (_, leave) => {
    const { crew, born } = await started(2, { closes: false })
    let isDone = false
    const roll = crew.roll(plan(1)).then(() => {
      isDone = true
    })
    await settle()
    born[2]?.say({ type: 'ready' })
    born[0]?.say({ type: 'closed' })
    await settle()
    const before = isDone

    await leave(born[1])
    await roll

    expect(before).toBeFalse()
  })

  test('waits for a worker that does not close its port no longer than 5 s', async () => {
    const { crew, born, advance } = await started(1, { closes: false })
    const roll = crew.roll(plan(1))
    await settle()
    born[1]?.say({ type: 'ready' })
    await settle()

    advance(5_000)

    expect(await roll).toBeTrue()
  })

  test('by one that does not start leaves the old ones as they are', async () => {
    const { crew, born } = await started(2)
    const roll = crew.roll(plan(2))
    await settle()

    await born[2]?.end(2)
    await roll

    expect([told(born[0]), told(born[1]), born.length]).toEqual([[], [], 3])
  })

  test('a worker that ends unasked is started again with what the others serve by', async () => {
    const { crew, born, advance } = await started(1)
    const endUnasked = async (worker: FakeWorker | undefined) => {
      await worker?.end(139)
      advance(60_000)
      await settle()
      born.at(-1)?.say({ type: 'ready' })
      await settle()
    }

    const wrong = crew.roll(plan(1, 'wrong'))
    await settle()
    await born[1]?.end(2)
    await wrong
    await endUnasked(born[0])
    const right = crew.roll(plan(1, 'right'))
    await settle()
    born.at(-1)?.say({ type: 'ready' })
    await right
    await endUnasked(born.at(-1))

    expect(born.map(({ serves }) => serves)).toEqual(['first', 'wrong', 'first', 'right', 'right'])
  })

  test('by fewer or more ends with as many as are wanted', async () => {
    const { crew, born } = await started(2)
    const fewer = crew.roll(plan(1))
    await settle()
    born[2]?.say({ type: 'ready' })
    await fewer

    const more = crew.roll(plan(2))
    await settle()
    born[3]?.say({ type: 'ready' })
    await settle()
    born[4]?.say({ type: 'ready' })
    await more

    expect(born.map(told)).toEqual([['retire'], ['retire'], ['retire'], [], []])
  })
})

describe('a crew has as many workers as are wanted', () => {
  test('where the configuration changes before all have started', async () => {
    const { crew, born } = open()

    const start = crew.start(plan(2))
    const roll = crew.roll(plan(2))
    for (let i = 0; i <= born.length; i++) {
      await settle()
      born[i]?.say({ type: 'ready' })
    }

    expect(await start).toBeNull()
    expect(await roll).toBeTrue()
    expect(born.map(told)).toEqual([['retire'], ['retire'], [], []])
  })

  test('where a new one ends while the others are replaced', async () => {
    const { crew, born, advance } = await started(2)
    const roll = crew.roll(plan(2))
    await settle()
    born[2]?.say({ type: 'ready' })
    await settle()
    await born[2]?.end(139)
    advance(1_000)
    born[3]?.say({ type: 'ready' })
    await roll

    advance(1_000)
    await settle()

    expect(born).toHaveLength(5)
  })
})

test('a stop while workers are replaced is told as a stop alone', async () => {
  const { crew, born, logged, advance } = await started(1)
  const roll = crew.roll(plan(1))
  await settle()
  const stop = crew.stop('SIGTERM', 10_000)

  await born[1]?.end(0)
  await born[0]?.end(0)
  advance(60_000)

  expect(await roll).toBeFalse()
  expect(await stop).toBe(0)
  expect(logged).toEqual([])
})

describe('ending', () => {
  test.each([
    [[0, 0], 0],
    [[0, 1], 1],
    [[137, 0], 1],
  ])('workers that end with %p make an exit code of %p', async (codes, expected) => {
    const { crew, born } = await started(2)

    const stop = crew.stop('SIGINT', 10_000)
    for (const [i, code] of codes.entries()) await born[i]?.end(code)

    expect(born.map(told)).toEqual([['SIGINT'], ['SIGINT']])
    expect(await stop).toBe(expected)
  })

  test('one that does not end in its time is killed', async () => {
    const { crew, born, advance } = await started(1)
    const stop = crew.stop('SIGTERM', 10_000)

    advance(10_000)

    expect(await stop).toBe(1)
    expect(born[0]?.isKilled()).toBeTrue()
  })
})

test('one that streams on has the time of the configuration that it serves by', async () => {
  const { crew, born, advance } = await started(1)
  const roll = crew.roll(plan(1, 'slow', 60_000))
  await settle()
  born[1]?.say({ type: 'ready' })
  await roll
  const stop = crew.stop('SIGTERM', 2_000)

  advance(61_999)
  const before = born.map(({ isKilled }) => isKilled())
  advance(1)

  expect(before).toEqual([false, false])
  expect(await stop).toBe(1)
})

test('an order goes to all workers but the one that gives it', async () => {
  const { born } = await started(3)

  born[1]?.say({ type: 'order', order: { type: 'debug', isDebug: true } })

  const heard = born.map(({ sent }) => sent.filter(({ type }) => type === 'order').length)
  expect(heard).toEqual([1, 0, 1])
})

describe('debug lines', () => {
  const debugOf = (worker: FakeWorker | undefined) =>
    worker?.sent.flatMap((message) =>
      message.type === 'order' && message.order.type === 'debug' ? [message.order.isDebug] : [],
    )

  test('are on in a worker that comes later, where they were turned on', async () => {
    const { crew, born } = await started(1)
    crew.turnDebug(false)
    const roll = crew.roll(plan(1))
    await settle()
    born[1]?.say({ type: 'ready' })
    await roll

    expect(born.map(debugOf)).toEqual([[true], [true]])
  })

  test('that a worker has turned on are turned off by the signal', async () => {
    const { crew, born } = await started(2)

    born[0]?.say({ type: 'order', order: { type: 'debug', isDebug: true } })
    crew.turnDebug(false)
    crew.turnDebug(false)

    expect(born.map(debugOf)).toEqual([
      [false, true],
      [true, false, true],
    ])
  })

  test('are left as they are configured until somebody turns them', async () => {
    const { crew, born } = await started(1)
    const before = debugOf(born[0])

    crew.turnDebug(true)

    expect([before, debugOf(born[0])]).toEqual([[], [false]])
  })
})

test('a worker that comes later knows who is logged in to the dashboard, for as long as that lasts', async () => {
  const { crew, born, advance } = await started(2)
  const login = (hash: string, lastsMs: number): void =>
    born[0]?.say({ type: 'order', order: { type: 'session', hash, lastsMs } })
  login('stays', 60_000)
  login('ends', 1_000)
  login('leaves', 60_000)
  login('leaves', 0)
  advance(1_000)

  const roll = crew.roll(plan(1))
  await settle()
  born[2]?.say({ type: 'ready' })
  await roll

  const known = born[2]?.sent.flatMap((message) => (message.type === 'order' ? [message.order] : []))
  expect(known).toEqual([{ type: 'session', hash: 'stays', lastsMs: 59_000 }])
})

test('a worker that comes after the drain is as unready as those that heard it', async () => {
  const { crew, born, advance } = await started(1)
  crew.drain()
  await born[0]?.end(139)
  advance(1_000)

  born[1]?.say({ type: 'ready' })

  expect(born[1]?.sent).toContainEqual({ type: 'drain' })
})

test('a worker that ended while all are replaced is not started again beside those that took every place', async () => {
  const { crew, born, advance } = await started(2)
  await born[0]?.end(139)
  const roll = crew.roll(plan(2))
  await settle()
  born[2]?.say({ type: 'ready' })
  await settle()
  born[3]?.say({ type: 'ready' })
  await roll

  advance(60_000)
  await settle()

  expect(born).toHaveLength(4)
})

test('a replacement goes on where one that comes after others starts at the second try', async () => {
  const { crew, born, advance } = await started(2)
  const roll = crew.roll(plan(2))
  await settle()
  born[2]?.say({ type: 'ready' })
  await settle()
  await born[3]?.end(137)
  advance(60_000)
  await settle()
  born[4]?.say({ type: 'ready' })

  expect(await roll).toBeTrue()
  expect(born.map(told)).toEqual([['retire'], ['retire'], [], [], []])
})

test('a replacement that ends half way says how many are new: they serve beside the others until the next', async () => {
  const { crew, born, advance, logged } = await started(3)
  const roll = crew.roll(plan(3))
  await settle()
  born[3]?.say({ type: 'ready' })
  await settle()
  for (let starts = 0; starts < 5; starts++) {
    await born.at(-1)?.end(78)
    advance(60_000)
    await settle()
  }

  expect(await roll).toBeFalse()
  expect(logged).toContainEqual({ code: 78, new_workers: 1, old_workers: 2 })
})

test('a place that was empty while a new worker did not start is filled again', async () => {
  const { crew, born, advance } = await started(2)
  await born[0]?.end(139)
  const roll = crew.roll(plan(2))
  await settle()
  advance(10_000)
  await born[2]?.end(2)
  await roll

  advance(10_000)
  await settle()

  expect(born).toHaveLength(4)
})

describe('a worker that does not answer any more, as one that is stuck in a loop,', () => {
  const layout = { keys: [], rules: [] }
  const report: FromWorker = { type: 'report', values: new Float64Array(), facts: FACTS }
  const seconds = (rig: { readonly advance: (ms: number) => void }, born: readonly FakeWorker[], count: number) => {
    for (let i = 0; i < count; i++) {
      for (const worker of born) worker.say(report)
      rig.advance(1_000)
    }
  }

  test('is not counted among those that serve from the sixth second on, and again when it answers', async () => {
    const rig = await started(2)
    const [stuck, sound] = rig.born
    for (const worker of rig.born) worker.say({ type: 'hello', layout })
    seconds(rig, sound === undefined ? [] : [sound], 5)
    const before = crewOf(sound)

    seconds(rig, sound === undefined ? [] : [sound], 2)
    const missing = crewOf(sound)
    seconds(rig, rig.born, 2)

    expect([before, missing, crewOf(sound)].map((crew) => crew?.ready)).toEqual([2, 1, 2])
    expect(stuck?.isKilled()).toBeFalse()
  })

  test('is killed after half a minute, and another takes its place', async () => {
    const rig = await started(2)
    const [stuck, sound] = rig.born
    for (const worker of rig.born) worker.say({ type: 'hello', layout })

    seconds(rig, sound === undefined ? [] : [sound], 30)
    const before = stuck?.isKilled()
    seconds(rig, sound === undefined ? [] : [sound], 1)
    await settle()
    rig.advance(1_000)

    expect([before, stuck?.isKilled(), sound?.isKilled()]).toEqual([false, true, false])
    expect(rig.born).toHaveLength(3)
  })

  test('is killed while it leaves, too', async () => {
    const rig = await started(1)
    rig.born[0]?.say({ type: 'hello', layout })
    const roll = rig.crew.roll(plan(1))
    await settle()
    rig.born[1]?.say({ type: 'ready' })
    await roll

    seconds(rig, [], 31)

    expect(rig.born[0]?.isKilled()).toBeTrue()
    expect(rig.born).toHaveLength(2)
  })
})
