import { expect, test } from 'bun:test'
import { ProxyError } from '../../src/core/errors.ts'
import { ATTEMPTS_TOLD_MAX } from '../../src/core/limits.ts'
import { continueTrace } from '../../src/core/traceparent.ts'
import { AttemptLog } from '../../src/pipeline/attempt-log.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { target } from '../support/target.ts'

const random = (): number => 0.5

function openLog() {
  const time = openFakeClock(0)
  const trace = continueTrace(null, null, Math.random)
  return { time, trace, log: new AttemptLog({ clock: time.clock, random }, { startedMs: 0, trace }) }
}

test('each attempt is told with its own span, times and end', () => {
  const { time, trace, log } = openLog()

  time.advance(3)
  log.begin(target('one'))
  time.advance(10)
  log.end(new ProxyError('upstream_timeout', 'late'))
  time.advance(5)
  log.begin(target('two'))
  time.advance(20)
  log.end(null)

  expect(log.count).toBe(2)
  expect(log.told).toMatchObject([
    { provider: 'one', startedMs: 3, durationMs: 10, status: null, errorKind: 'upstream_timeout' },
    { provider: 'two', startedMs: 18, durationMs: 20, status: 200, errorKind: null },
  ])
  expect(log.trace).toMatchObject({ traceId: trace.traceId, parentId: trace.spanId })
})

test('attempts past the bound are counted and not told', () => {
  const { log } = openLog()

  for (let i = 0; i <= ATTEMPTS_TOLD_MAX; i++) log.begin(target('one'))
  log.end(null)

  expect(log.count).toBe(ATTEMPTS_TOLD_MAX + 1)
  expect(log.told.length).toBe(ATTEMPTS_TOLD_MAX)
})
