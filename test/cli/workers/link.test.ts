import { describe, expect, test } from 'bun:test'
import { openWorkerLink } from '../../../src/cli/workers/link.ts'
import type { FromSupervisor, FromWorker, WorkerFacts } from '../../../src/cli/workers/protocol.ts'
import { openFakeClock } from '../../support/fake-clock.ts'

/** A link whose other end is held by hand. */
function open() {
  const time = openFakeClock(0)
  const sent: FromWorker[] = []
  let tell: (message: FromSupervisor) => void = () => undefined
  let lose = (): void => undefined
  const link = openWorkerLink(
    {
      send: (message) => void sent.push(message),
      onMessage(listen) {
        tell = listen
      },
      onGone(run) {
        lose = run
      },
    },
    2,
  )
  const begin = (): void =>
    link.begin(
      {
        layout: { keys: [], rules: [] },
        // A report is only counted here.
        report: () => ({ values: new Float64Array(0), facts: {} as WorkerFacts }),
        onTotals: () => undefined,
        onOrder: () => undefined,
      },
      time.scheduler,
    )
  const totals = (answers: number): void =>
    tell({ type: 'totals', values: new Float64Array(0), peers: [], crew: { wanted: 2, ready: 2 }, answers })
  return { ...time, link, begin, sent, totals, tell: (message: FromSupervisor) => tell(message), lose: () => lose() }
}

/** Whether a promise has come to pass by now. */
async function isDone(promise: Promise<void> | void): Promise<boolean> {
  const other = Symbol('other')
  return (await Promise.race([Promise.resolve(promise), Promise.resolve().then(() => other)])) !== other
}

describe('who asks for what concerns all', () => {
  test('is answered by numbers that are newer than the question, not by those on their way', async () => {
    const { link, begin, totals } = open()
    begin()
    const refreshed = link.refresh()

    totals(0)
    const early = await isDone(refreshed)
    totals(1)
    await refreshed

    expect(early).toBeFalse()
  })

  test('gets what was last told if the supervisor does not answer for half a second', async () => {
    const { link, begin, advance } = open()
    begin()
    const refreshed = link.refresh()

    advance(500)

    await refreshed
    expect(link.facts()).toEqual([])
  })

  test('does not wait before the worker has begun to report', () => {
    expect(open().link.refresh()).toBeUndefined()
  })
})

describe('the end', () => {
  test.each(['SIGTERM', 'SIGINT', 'retire'] as const)('that is told (%s) before anybody listens is not lost', (how) => {
    const { link, tell } = open()
    const heard: string[] = []

    tell({ type: 'stop', how })
    link.onStop((told) => void heard.push(told))

    expect(heard).toEqual([how])
  })

  test('of the supervisor ends the worker as SIGTERM does', () => {
    const { link, lose } = open()
    const heard: string[] = []
    link.onStop((told) => void heard.push(told))

    lose()

    expect(heard).toEqual(['SIGTERM'])
  })

  test('is reported once more, and nothing after it', () => {
    const { link, begin, sent, tell } = open()
    begin()

    link.close()
    tell({ type: 'report' })

    expect(sent.map(({ type }) => type)).toEqual(['hello', 'report'])
  })
})

test('what to serve by is what the supervisor has read, and nothing where that is gone before', async () => {
  const told = open()
  const orphan = open()

  told.tell({ type: 'configuration', configuration: { file: 'lynkr.yaml', text: 'host: ::1' } })
  told.lose()
  orphan.lose()

  expect(await told.link.configuration).toEqual({ file: 'lynkr.yaml', text: 'host: ::1' })
  expect(await orphan.link.configuration).toBeNull()
})
