import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { collect } from '../../src/core/collect.ts'
import { openGrammar } from '../../src/core/grammar.ts'
import { replay } from '../../src/core/replay.ts'
import { anyResponse, RUNS } from '../arbitraries.ts'

describe('collect and replay', () => {
  test('a replayed response collects to itself', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), (response) => {
        expect(collect(replay(response))).toEqual(response)
      }),
      RUNS,
    )
  })

  test('a replayed response is grammatical', () => {
    fc.assert(
      fc.property(anyResponse('openai-chat'), (response) => {
        const grammar = openGrammar()

        for (const event of replay(response)) expect(grammar.check(event)).toBeNull()

        expect(grammar.isEnded()).toBe(true)
      }),
      RUNS,
    )
  })

  test('a refusal collects to itself, even an empty one', () => {
    for (const text of ['', 'no']) {
      const [response] = fc.sample(anyResponse('openai-chat'), { numRuns: 1, seed: 1 })
      if (response === undefined) throw new Error('no sample')
      const refused = { ...response, blocks: [{ type: 'refusal', text } as const] }

      expect(collect(replay(refused))).toEqual(refused)
    }
  })

  test('a stream that never finished is no response', () => {
    const start = { type: 'start', id: 'a', model: 'm' } as const

    expect(() => collect([start])).toThrow(expect.objectContaining({ kind: 'stream_interrupted' }))
    expect(() => collect([])).toThrow(expect.objectContaining({ kind: 'stream_interrupted' }))
  })

  test('the error of a stream is thrown as it was', () => {
    const error = { type: 'error', kind: 'upstream_error', message: 'Overloaded' } as const

    expect(() => collect([error])).toThrow(expect.objectContaining({ kind: 'upstream_error', message: 'Overloaded' }))
  })
})
