import { describe, expect, test } from 'bun:test'
import { TRACED_REQUESTS_MAX } from '../../../src/core/limits.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { Span } from '../../../src/observability/traces/spans-of.ts'
import { openTracer } from '../../../src/observability/traces/tracer.ts'
import { openFakeClock } from '../../support/fake-clock.ts'
import { requestRecord } from '../../support/request-record.ts'

function openTraces(answer: () => Promise<boolean>) {
  const time = openFakeClock(0)
  const counts = { sent: 0, lost: 0, batches: 0 }
  const batches: (readonly Span[])[] = []
  const tracer = openTracer({
    scheduler: time.scheduler,
    random: seededRandom(1),
    send(spans) {
      counts.batches++
      batches.push(spans)
      return answer()
    },
    onSent: (spans) => {
      counts.sent += spans
    },
    onLost: (spans) => {
      counts.lost += spans
    },
  })
  return { tracer, time, counts, batches }
}

const never = (): Promise<boolean> => new Promise(() => undefined)

describe('traces', () => {
  test('go out in batches, every two seconds', async () => {
    const { tracer, time, counts } = openTraces(async () => true)
    for (let i = 0; i < 300; i++) tracer.record(requestRecord())
    expect(counts.batches).toBe(0)

    time.advance(2_000)
    await tracer.close()

    expect(counts).toEqual({ sent: 600, lost: 0, batches: 2 })
  })

  test('of a caller that does not sample are not recorded', async () => {
    const { tracer, counts } = openTraces(async () => true)

    tracer.record(requestRecord({ isSampled: false }))
    await tracer.close()

    expect(counts.batches).toBe(0)
  })

  test('that a collector refuses are counted as lost', async () => {
    const { tracer, counts } = openTraces(async () => false)

    tracer.record(requestRecord())
    await tracer.close()

    expect(counts).toEqual({ sent: 0, lost: 2, batches: 1 })
  })

  test('wait for a hanging collector in bounded memory, and the end of the process does not wait for it', async () => {
    const { tracer, time, counts } = openTraces(never)
    tracer.record(requestRecord())
    time.advance(2_000)

    for (let i = 0; i < TRACED_REQUESTS_MAX; i++) tracer.record(requestRecord())
    expect(counts.lost).toBe(0)
    for (let i = 0; i < 5; i++) tracer.record(requestRecord())
    const closed = tracer.close()
    time.advance(2_000)
    await closed

    expect(counts).toEqual({ sent: 0, lost: 10, batches: 1 })
  })
})
