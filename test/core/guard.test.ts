import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { StreamEvent } from '../../src/core/event.ts'
import { openGrammar } from '../../src/core/grammar.ts'
import { openGuard, type Repair } from '../../src/core/guard.ts'
import { replay } from '../../src/core/replay.ts'
import { anyEvent, anyResponse, RUNS } from '../arbitraries.ts'

function guarded(events: readonly StreamEvent[]): { out: StreamEvent[]; repairs: Repair[] } {
  const repairs: Repair[] = []
  const guard = openGuard((repair) => repairs.push(repair))
  const out = events.flatMap((event) => guard.push(event))
  return { out, repairs }
}

function violations(events: readonly StreamEvent[]): string[] {
  const grammar = openGrammar()
  return events.map((event) => grammar.check(event)).filter((wrong) => wrong !== null)
}

const start = { type: 'start', id: 'a', model: 'm' } as const
const text = { type: 'block_start', index: 0, block: { type: 'text', text: '' } } as const
const delta = { type: 'block_delta', index: 0, delta: { type: 'text', text: 'x' } } as const
const stop = { type: 'block_stop', index: 0 } as const
const finish = { type: 'finish', reason: { kind: 'end_turn' } } as const
const cut = { type: 'error', kind: 'stream_interrupted', message: 'cut' } as const

describe('the guard', () => {
  test('makes any events a legal stream that ends once', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        const { out } = guarded([...events, cut])

        expect(violations(out)).toEqual([])
        expect(out.filter((event) => event.type === 'finish' || event.type === 'error')).toHaveLength(1)
      }),
      RUNS,
    )
  })

  test('makes any events after a start a legal stream too', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        expect(violations(guarded([start, ...events]).out)).toEqual([])
      }),
      RUNS,
    )
  })

  test('leaves a legal stream as it is, without a repair', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), (response) => {
        const events = replay(response)

        expect(guarded(events)).toEqual({ out: events, repairs: [] })
      }),
      RUNS,
    )
  })

  const renumbered = [
    { ...text, index: 7 },
    { ...delta, index: 7 },
    { ...stop, index: 7 },
  ]
  const callOf = (index: number, id: string) =>
    ({ type: 'block_start', index, block: { type: 'tool_use', id, name: 'Read', inputJson: '' } }) as const
  const argument = (index: number, json: string) =>
    ({ type: 'block_delta', index, delta: { type: 'input_json', json } }) as const
  const stopOf = (index: number) => ({ type: 'block_stop', index }) as const
  const told = [callOf(0, 'a'), argument(0, '{'), argument(0, '}'), stopOf(0)]
  const toldNext = [callOf(1, 'b'), argument(1, '{}'), stopOf(1)]
  const lost = {
    type: 'error',
    kind: 'upstream_malformed',
    message: 'the upstream sent an argument without its tool call',
  } as const
  const cases: [name: string, given: StreamEvent[], out: StreamEvent[], repairs: Repair[]][] = [
    ['adds a start', [text, stop, finish], [{ ...start, id: '', model: '' }, text, stop, finish], ['start_added']],
    ['drops a second start', [start, start, finish], [start, finish], ['event_dropped']],
    ['closes a block before the finish', [start, text, finish], [start, text, stop, finish], ['block_closed']],
    ['renumbers', [start, ...renumbered, finish], [start, text, delta, stop, finish], ['index_changed']],
    [
      'opens a block for stray text',
      [start, delta, stop, finish],
      [start, text, delta, stop, finish],
      ['block_opened'],
    ],
    ['drops a stray stop', [start, stop, finish], [start, finish], ['event_dropped']],
    ['drops what follows the end', [start, finish, text], [start, finish], ['event_dropped']],
    [
      'lets a call wait for another that is told at the same time',
      [
        start,
        callOf(0, 'a'),
        callOf(1, 'b'),
        argument(1, '{}'),
        argument(0, '{'),
        stopOf(1),
        argument(0, '}'),
        stopOf(0),
        finish,
      ],
      [start, ...told, ...toldNext, finish],
      ['event_delayed', 'event_delayed', 'event_delayed'],
    ],
    [
      'tells what waited before it finishes',
      [start, callOf(0, 'a'), argument(0, '{'), argument(0, '}'), callOf(1, 'b'), argument(1, '{}'), finish],
      [start, ...told, ...toldNext, finish],
      ['event_delayed', 'event_delayed', 'block_closed', 'block_closed'],
    ],
    [
      'fails where an argument has lost its call',
      [start, callOf(0, 'a'), argument(0, '{'), stopOf(0), argument(0, '}'), finish],
      [start, callOf(0, 'a'), argument(0, '{'), stopOf(0), lost],
      ['event_dropped', 'event_dropped'],
    ],
  ]

  test('leaves a block open before an error', () => {
    expect(guarded([start, text, cut])).toEqual({ out: [start, text, cut], repairs: [] })
  })

  for (const [name, given, out, repairs] of cases) {
    test(`${name}, and says so`, () => {
      expect(guarded(given)).toEqual({ out, repairs })
    })
  }
})
