import { expect, test } from 'bun:test'
import { ProxyError } from '../../src/core/errors.ts'
import { openEventSink } from '../../src/dialect/event-sink.ts'

const START = { type: 'start', id: '', model: 'm' } as const
const FINISH = { type: 'finish', reason: { kind: 'end_turn' } } as const
const boom = (): never => {
  throw new ProxyError('upstream_malformed', 'it is broken')
}

test('every step has a list of its own', () => {
  const { emit, run } = openEventSink()

  const first = run(() => emit(START))
  const second = run(() => emit(FINISH))

  expect([first, second]).toEqual([[START], [FINISH]])
})

test('what a step throws is the last event, behind what it had said', () => {
  const { emit, run } = openEventSink()

  const events = run(() => {
    emit(START)
    boom()
  })

  expect(events).toEqual([START, { type: 'error', kind: 'upstream_malformed', message: 'it is broken' }])
  expect(run(() => emit(FINISH))).toEqual([])
})

test('nothing follows a finish, not even a failure of the step that said it', () => {
  const { emit, run } = openEventSink()

  const events = run(() => {
    emit(FINISH)
    emit(START)
    boom()
  })

  expect(events).toEqual([FINISH])
  expect(run(boom)).toEqual([])
})
