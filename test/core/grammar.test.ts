import { describe, expect, test } from 'bun:test'
import type { StreamEvent } from '../../src/core/event.ts'
import { openGrammar } from '../../src/core/grammar.ts'

const start = { type: 'start', id: 'a', model: 'm' } as const
const text = { type: 'block_start', index: 0, block: { type: 'text', text: '' } } as const
const stop = { type: 'block_stop', index: 0 } as const
const finish = { type: 'finish', reason: { kind: 'end_turn' } } as const
const error = { type: 'error', kind: 'upstream_error', message: 'no' } as const

const cases: [before: StreamEvent[], event: StreamEvent, wrong: string | null][] = [
  [[], start, null],
  [[], error, null],
  [[], text, 'block_start before start'],
  [[], finish, 'finish before start'],
  [[start], start, 'second start'],
  [[start], finish, null],
  [[start], text, null],
  [[start], { ...text, index: 1 }, 'block 1 where 0 is due'],
  [[start], stop, 'stop of block 0, which is not open'],
  [[start, text], { ...text, index: 1 }, 'block 1 starts inside block 0'],
  [[start, text], finish, 'finish with block 0 open'],
  [[start, text], error, null],
  [[start, text], { ...stop, index: 1 }, 'stop of block 1, which is not open'],
  [
    [start, text],
    { type: 'block_delta', index: 0, delta: { type: 'input_json', json: '{' } },
    'input_json delta in a text block',
  ],
  [
    [start, text, stop],
    { type: 'block_delta', index: 0, delta: { type: 'text', text: '' } },
    'delta for block 0, which is not open',
  ],
  [[start, text, stop], { ...text, index: 1 }, null],
  [[start, finish], error, 'error after the end'],
  [[error], start, 'start after the end'],
]

describe('the grammar', () => {
  for (const [before, event, wrong] of cases) {
    const trail = before.map((one) => one.type).join(', ') || 'nothing'
    test(`after ${trail}, ${JSON.stringify(event)} is ${wrong ?? 'legal'}`, () => {
      const grammar = openGrammar()
      for (const one of before) grammar.check(one)

      expect(grammar.check(event)).toBe(wrong)
    })
  }

  test('a wrong event leaves the state as it was', () => {
    const grammar = openGrammar()
    grammar.check(start)
    grammar.check(text)

    grammar.check(finish)

    expect(grammar.isEnded()).toBe(false)
    expect(grammar.openIndex()).toBe(0)
    expect(grammar.nextIndex()).toBe(1)
  })
})
