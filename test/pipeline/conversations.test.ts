import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { RESPONSE_ID_CHARS_MAX } from '../../src/core/limits.ts'
import { openConversations } from '../../src/pipeline/conversations.ts'
import { RUNS } from '../arbitraries.ts'

const of = (items: string) => ({ items, providerId: 'p', credential: null, tokens: 1 })
const BOUNDS = { count: 3, chars: 100, ageMs: 1_000 }

describe('kept conversations', () => {
  test('are their owner’s alone', () => {
    const kept = openConversations(BOUNDS)
    kept.keep('key:1', 'resp_1', of('a'), 0)

    expect(kept.find('key:1', 'resp_1', 1)).toEqual(of('a'))
    expect(kept.find('key:2', 'resp_1', 1)).toBeNull()
    expect(kept.find('key:1', 'resp_2', 1)).toBeNull()
  })

  test('go when they are forgotten, and at their age, not before', () => {
    const kept = openConversations(BOUNDS)
    kept.keep('o', 'a', of('x'), 0)
    kept.keep('o', 'b', of('x'), 0)
    kept.forget('o', 'b')

    expect(kept.find('o', 'b', 0)).toBeNull()
    expect(kept.find('o', 'a', 1_000)).not.toBeNull()
    expect(kept.find('o', 'a', 1_001)).toBeNull()
  })

  test('are not kept by a name that only a hostile server gives, of which thousands would fill the memory', () => {
    const kept = openConversations(BOUNDS)
    for (const length of [RESPONSE_ID_CHARS_MAX, RESPONSE_ID_CHARS_MAX + 1])
      kept.keep('o', 'x'.repeat(length), of(''), 0)

    const found = [0, 1].map((more) => kept.find('o', 'x'.repeat(RESPONSE_ID_CHARS_MAX + more), 0) !== null)
    expect(found).toEqual([true, false])
  })

  test('go oldest first beyond their number', () => {
    const kept = openConversations(BOUNDS)
    for (const id of ['a', 'b', 'c', 'd']) kept.keep('o', id, of(''), 0)

    expect(['a', 'b', 'c', 'd'].map((id) => kept.find('o', id, 0) !== null)).toEqual([false, true, true, true])
  })

  test('never hold more text than their bound, whatever is kept, and keep the newest that fits', () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), length: fc.nat(120), forget: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const kept = openConversations(BOUNDS)
        for (const { id, length, forget } of steps) {
          if (forget) kept.forget('o', id)
          else kept.keep('o', id, of('x'.repeat(length)), 0)

          const found = ['a', 'b', 'c', 'd', 'e'].map((name) => kept.find('o', name, 0)?.items ?? null)
          const held = found.filter((items) => items !== null)
          expect(held.length).toBeLessThanOrEqual(BOUNDS.count)
          expect(held.join('').length).toBeLessThanOrEqual(BOUNDS.chars)
          if (!forget && length <= BOUNDS.chars) expect(kept.find('o', id, 0)?.items).toHaveLength(length)
        }
      }),
      RUNS,
    )
  })
})
