import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createExposition } from '../../src/observability/exposition.ts'
import {
  inOrderOf,
  layoutOf,
  leave,
  loadValues,
  type Merged,
  mergeReports,
  valuesOf,
} from '../../src/observability/merge.ts'
import { createMetrics, type Metrics } from '../../src/observability/recorder.ts'
import { requestRecord } from '../support/request-record.ts'

const NOTHING: Merged = new Map()
const open = (providers = ['anthropic', 'openai'], hasOwnCache = false): Metrics =>
  createMetrics({ providers, models: ['claude-opus'], version: '1', commit: 'a', hasOwnCache })
const reportOf = ({ families: { registry } }: Metrics) => ({ layout: layoutOf(registry), values: valuesOf(registry) })
const pageOf = ({ families: { registry } }: Metrics): string => createExposition(registry).render('text')

function together(processes: readonly Metrics[], left = NOTHING): Metrics {
  const all = open()
  const { registry } = all.families
  loadValues(registry, inOrderOf(layoutOf(registry), mergeReports(processes.map(reportOf), left)))
  return all
}

const records = fc.array(
  fc.record({
    surface: fc.constantFrom('messages', 'chat'),
    status: fc.constantFrom(200, 429, 529),
    provider: fc.constantFrom('anthropic', 'openai'),
    costMicroUsd: fc.nat(1_000_000),
    firstByteMs: fc.nat(1_000),
    durationMs: fc.nat(1_000),
  }),
  { maxLength: 60 },
)

test('requests counted by several processes make the page that one process would have made of them', () => {
  fc.assert(
    fc.property(records, fc.nat(3), (changes, others) => {
      const one = open()
      const processes = Array.from({ length: others + 1 }, () => open())
      for (const [i, change] of changes.entries()) {
        // Whole milliseconds divided by 1000 do not add up alike in another order; binary fractions do.
        const record = requestRecord({
          ...change,
          firstByteMs: change.firstByteMs * 125,
          durationMs: change.durationMs * 125,
        })
        one.recordRequest({ ...record, usage: null })
        processes[i % processes.length]?.recordRequest({ ...record, usage: null })
      }

      expect(pageOf(together(processes))).toBe(pageOf(one))
    }),
  )
})

test('what a process has counted stays when it is gone; what it was does not', () => {
  const [gone, stays] = [open(), open()]
  gone.recordRequest(requestRecord())
  gone.addInflight(1)
  stays.addInflight(1)
  const left = new Map<string, number>()

  leave(left, reportOf(gone))
  const { families } = together([stays], left)

  expect([families.requests.total(), families.inflight.get()]).toEqual([1, 1])
  expect(families.requestSeconds.count(0)).toBe(1)
})

test.each([
  [
    ['CLOSED', 'CLOSED'],
    [1, 0, 0],
  ],
  [
    ['CLOSED', 'HALF_OPEN'],
    [0, 1, 0],
  ],
  [
    ['OPEN', 'HALF_OPEN'],
    [0, 0, 1],
  ],
] as const)('breakers that are %j show the worst, and that alone', (states, expected) => {
  const processes = states.map((state) => {
    const metrics = open()
    metrics.setBreakerState('openai', state)
    return metrics
  })

  const { breakerState } = together(processes).families

  expect([0, 1, 2].map((state) => breakerState.get(1, state))).toEqual([...expected])
})

test('a process with other providers adds to the series that both have, and takes no place of another', () => {
  const old = open(['openai', 'ollama'])
  const now = open()
  for (const metrics of [old, now]) metrics.countRetry('openai')
  old.countRetry('ollama')

  const { families } = together([old, now])

  const places = ['anthropic', 'openai'].map((name) => families.labels.provider.indexOf(name))
  expect(places.map((place) => families.retries.get(place))).toEqual([0, 2])
})

test.each([
  ['each has its own, are added up', true, ['5', '5000']],
  ['all share one, are what one of them sees', false, ['3', '3000']],
])('answers in the cache of several workers, where %s', (_, hasOwnCache, shown) => {
  const workers = [open([], hasOwnCache), open([], hasOwnCache)]

  workers[0]?.rooms.showCache(2, 2_000)
  workers[1]?.rooms.showCache(3, 3_000)

  const page = pageOf(together(workers))
  expect(['entries', 'bytes'].map((unit) => page.match(new RegExp(`^lynkr_cache_${unit} (.*)$`, 'm'))?.[1])).toEqual(
    shown,
  )
})
