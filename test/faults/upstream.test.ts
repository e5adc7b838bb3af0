import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { descriptors, type Lane, openRig, type Rig } from './rig.ts'
import { ROWS } from './upstream-rows.ts'

const LANES: readonly Lane[] = ['passthrough', 'transcode']
let descriptorsBefore = 0

beforeAll(() => {
  descriptorsBefore = descriptors()
})

afterAll(() => {
  expect(descriptors()).toBeLessThan(descriptorsBefore + 20)
})

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

/** Nothing is held any more, and the breaker has counted what it should. */
function expectRest({ protections, runningTimers, proxy }: Rig, failures: number): void {
  expect(protections.open.size).toBe(0)
  expect(runningTimers()).toBe(0)
  expect(proxy.records).toHaveLength(1)
  const [breaker] = protections.breakers.snapshot(performance.now(), Date.now())
  expect(breaker?.failures ?? 0).toBe(failures)
  expect(breaker?.state ?? 'closed').toBe('closed')
}
