import { expect, test } from 'bun:test'
import type { FromSupervisor, WorkerFacts } from '../../../src/cli/workers/protocol.ts'
import { openReports } from '../../../src/cli/workers/reports.ts'
import type { Layout } from '../../../src/observability/merge.ts'
import { openFakeClock } from '../../support/fake-clock.ts'
import { requestRecord } from '../../support/request-record.ts'

const LAYOUT: Layout = { keys: ['requests', 'inflight'], rules: ['total', 'sum'] }
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

function open(count: number) {
  const time = openFakeClock(0)
  const reports = openReports(time.scheduler, () => ({ wanted: count, ready: count }))
  const workers = Array.from({ length: count }, () => {
    const heard: FromSupervisor[] = []
    const worker = { send: (message: FromSupervisor) => void heard.push(message) }
    reports.join(worker, LAYOUT)
    const totals = () => heard.flatMap((message) => (message.type === 'totals' ? [message] : []))
    return {
      worker,
      totals,
      asked: () => heard.filter(({ type }) => type === 'report').length,
      say: (requests: number, facts = FACTS) => reports.take(worker, Float64Array.of(requests, 1), facts),
    }
  })
  return { ...time, reports, workers }
}

test('a round asks every worker, and tells all of the sum when the last has answered', () => {
  const { reports, workers } = open(2)
  const [a, b] = workers

  reports.refresh(null)
  a?.say(3)
  const early = a?.totals().length
  b?.say(4)

  expect([a?.asked(), b?.asked(), early]).toEqual([1, 1, 0])
  for (const { totals } of workers) expect([...(totals()[0]?.values ?? [])]).toEqual([7, 2])
})

test('a worker that asks during a round is answered by the next: what it asks for may be newer than the reports', () => {
  const { reports, workers } = open(2)
  const [a, b] = workers
  if (a === undefined) throw new Error('two workers')
  reports.refresh(null)
  b?.say(1)

  reports.refresh({ worker: a.worker, id: 5 })
  a.say(1)
  b?.say(2)
  a.say(1)

  expect(a.totals().map(({ answers, values }) => [answers, values[0]])).toEqual([
    [0, 2],
    [5, 3],
  ])
})

test('a worker that does not answer holds nobody up for longer than a quarter of a second', () => {
  const { reports, workers, advance } = open(2)
  const [a, b] = workers
  reports.refresh(null)
  a?.say(3)
  b?.say(4)

  reports.refresh(null)
  a?.say(5)
  advance(250)

  expect(a?.totals().at(-1)?.values[0]).toBe(9)
})

test('what a worker counted before it went is told for good; what it had open is not', () => {
  const { reports, workers } = open(2)
  const [a, b] = workers
  if (a === undefined) throw new Error('two workers')
  reports.refresh(null)
  a.say(3)
  b?.say(4)

  reports.part(a.worker)
  reports.refresh(null)
  b?.say(5)

  expect([...(b?.totals().at(-1)?.values ?? [])]).toEqual([8, 1])
})

test('a worker that goes in the middle of a round does not hold it up', () => {
  const { reports, workers } = open(2)
  const [a, b] = workers
  if (a === undefined) throw new Error('two workers')
  reports.refresh(null)
  b?.say(4)

  reports.part(a.worker)

  expect(b?.totals()).toHaveLength(1)
})

test('a finished request is told to the other workers once', () => {
  const { reports, workers } = open(2)
  const [a, b] = workers

  for (let round = 0; round < 2; round++) {
    reports.refresh(null)
    a?.say(1, { ...FACTS, records: round === 0 ? [requestRecord()] : [] })
    b?.say(1)
  }

  const told = (of: typeof a) => of?.totals().map(({ peers }) => peers.flatMap(({ records }) => records).length)
  expect([told(a), told(b)]).toEqual([
    [0, 0],
    [1, 0],
  ])
})
