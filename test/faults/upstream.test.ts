import { heapStats } from 'bun:jsc'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { RequestRecord } from '../../src/core/record.ts'
import { eventually } from '../support/eventually.ts'
import { descriptors, type Lane, openRig, type Rig } from './rig.ts'
import { type Expected, ROWS } from './upstream-rows.ts'

const LANES: readonly Lane[] = ['passthrough', 'transcode']
let descriptorsBefore = 0
let bytesBefore = 0

beforeAll(() => {
  descriptorsBefore = descriptors()
  bytesBefore = liveBytes()
})

/** Sockets close, and what hung on them goes, some turns after their rows. */
afterAll(async () => {
  await eventually(async () => descriptors() < descriptorsBefore + 20)
  // The rows have moved more than a gigabyte.
  await eventually(async () => liveBytes() - bytesBefore < 64 * MIB)
})

const MIB = 1024 * 1024

/** What is still reachable: the heap, and the buffers that hang on it. */
function liveBytes(): number {
  Bun.gc(true)
  Bun.gc(true)
  const { heapSize, extraMemorySize } = heapStats()
  return heapSize + extraMemorySize
}

for (const lane of LANES) {
  for (const stream of [false, true]) {
    describe(`${lane}, ${stream ? 'streaming' : 'whole'}`, () => {
      for (const row of ROWS) {
        const expected = stream ? row.streaming : row.whole
        if (expected === undefined || (row.lane ?? lane) !== lane) continue
        test(`${row.name}: ${expected.kind ?? 'an answer'} after ${expected.attempts}`, async () => {
          const rig = await openRig({ lane, ...row.rig })
          try {
            if (row.script !== undefined) rig.proxy.simulator.setDefault(row.script)

            const answer = await rig.ask(stream, row.headers)

            const { record } = answer
            expect({ status: answer.status, kind: record.errorKind, attempts: record.attempts }).toEqual({
              status: statusOf(expected.status, lane),
              kind: expected.kind,
              attempts: expected.attempts,
            })
            expect(rig.outcomes).toEqual(Array.from({ length: expected.attempts }, () => expected.outcome))
            if (row.rig?.provider?.baseUrl === undefined && row.rig?.simulator?.tls === undefined) {
              expect(rig.proxy.simulator.requests()).toHaveLength(expected.attempts)
            }
            expectShape(answer.text, expected.kind !== null, stream && answer.status === 200)
            expectRest(rig, expected.outcome === 'failure' ? expected.attempts : 0)
            await expectBooks(rig, record, expected)
          } finally {
            await rig.proxy.stop()
          }
        })
      }
    })
  }
}

function statusOf(status: number | Readonly<Record<Lane, number>>, lane: Lane): number {
  return typeof status === 'number' ? status : status[lane]
}

/** An error is a JSON error, or, once a stream was committed, its last event, and the only one. */
function expectShape(text: string, isError: boolean, isStream: boolean): void {
  if (!isStream) {
    expect(JSON.parse(text).type).toBe(isError ? 'error' : 'message')
    return
  }
  expect(text.match(/^event: error$/gm) ?? []).toHaveLength(isError ? 1 : 0)
  expect(text.match(/^event: message_stop$/gm) ?? []).toHaveLength(isError ? 0 : 1)
  expect(text.trimEnd().split('\n\n').at(-1)).toContain(isError ? 'event: error' : 'message_stop')
}

/** Metrics, access line, usage row and ledger tell the same of the request, once. */
async function expectBooks({ books }: Rig, record: RequestRecord, expected: Expected): Promise<void> {
  const { families } = books.metrics
  const provider = families.labels.provider.indexOf(record.provider)
  const result = families.labels.attemptResult.indexOf(expected.outcome === 'success' ? 'ok' : expected.outcome)
  const isError = record.status >= 500 || record.outcome === 'truncated'
  expect({
    requests: families.requests.total(),
    errors: families.requestErrors.total(),
    kind: expected.kind === null ? 0 : families.errors.get(families.labels.errorKind.indexOf(expected.kind)),
    kinds: families.errors.total(),
    attempts: families.attempts.get(provider, result),
    retries: families.retries.total(),
  }).toEqual({
    requests: 1,
    errors: isError ? 1 : 0,
    kind: expected.kind === null ? 0 : 1,
    kinds: expected.kind === null ? 0 : 1,
    attempts: expected.attempts,
    retries: expected.attempts - 1,
  })
  const { status, attempts, error_kind, outcome, cost_usd } = books.lines[0] ?? {}
  expect({ status, attempts, error_kind, outcome }).toEqual({
    status: record.status,
    attempts: expected.attempts,
    error_kind: expected.kind,
    outcome: record.outcome,
  })
  const costMicroUsd = record.costMicroUsd ?? 0
  expect(books.lines).toHaveLength(1)
  expect(cost_usd ?? 0).toBe(costMicroUsd / 1e6)
  expect(books.usage.map((row) => row.costMicroUsd)).toEqual(record.usage === null ? [] : [costMicroUsd])
  expect(await books.close()).toEqual({ spent: costMicroUsd, held: 0, differences: 0 })
}

/** Nothing is held any more, and the breaker has counted what it should. */
function expectRest({ protections, runningTimers, proxy }: Rig, failures: number): void {
  expect(protections.open.size).toBe(0)
  expect(runningTimers()).toBe(0)
  expect(proxy.records).toHaveLength(1)
  const [breaker] = protections.breakers.snapshot(performance.now(), Date.now())
  expect(breaker?.failures ?? 0).toBe(failures)
  expect(breaker?.state ?? 'closed').toBe('closed')
}
