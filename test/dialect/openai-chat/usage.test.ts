import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { promptTokens, type Usage } from '../../../src/core/usage.ts'
import { decodeUsage, encodeUsage, usageOpaque } from '../../../src/dialect/openai-chat/usage.ts'
import { RUNS } from './support.ts'

/** input, cache read, cache write, output, reasoning */
type Counts = [number, number, number, number, number]
const details = {
  prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  completion_tokens_details: { reasoning_tokens: 5 },
}
const CASES: [string, object, Counts][] = [
  ['OpenAI', { prompt_tokens: 100, completion_tokens: 20, ...details }, [30, 60, 10, 20, 5]],
  ['DeepSeek', { prompt_tokens: 100, completion_tokens: 20, prompt_cache_hit_tokens: 60 }, [40, 60, 0, 20, 0]],
  ['Moonshot', { prompt_tokens: 100, completion_tokens: 20, cached_tokens: 60 }, [40, 60, 0, 20, 0]],
  [
    'Databricks',
    { prompt_tokens: 100, completion_tokens: 20, cache_read_input_tokens: 60, cache_creation_input_tokens: 10 },
    [30, 60, 10, 20, 0],
  ],
  [
    'a server that counts reasoning apart',
    { prompt_tokens: 100, completion_tokens: 20, total_tokens: 125, ...details },
    [30, 60, 10, 25, 5],
  ],
  [
    'a server that caches more than it reads',
    { prompt_tokens: 5, completion_tokens: 1, ...details },
    [0, 60, 10, 1, 1],
  ],
  [
    'a server that says null',
    { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null },
    [0, 0, 0, 0, 0],
  ],
]
for (const [server, wire, counts] of CASES) {
  test(`usage of ${server} becomes disjoint counts`, () => {
    const usage = decodeUsage({ ...wire })

    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage
    expect([inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens]).toEqual(counts)
  })
}

test('whatever an upstream sends, usage is lawful', () => {
  const value = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(null, 'x', -1, Number.NaN))
  const nested = fc.oneof(
    value,
    fc.record({ cached_tokens: value, cache_write_tokens: value, reasoning_tokens: value }),
  )
  const wire = fc.record({
    prompt_tokens: value,
    completion_tokens: value,
    total_tokens: value,
    prompt_tokens_details: nested,
    completion_tokens_details: nested,
  })

  fc.assert(
    fc.property(wire, (one) => expect(isSound(decodeUsage(one))).toBe(true)),
    { numRuns: RUNS },
  )
})

/** Every count is a non-negative integer, and each part fits its whole. */
function isSound(usage: Usage): boolean {
  return (
    Object.values(usage).every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.cacheWrite1hTokens <= usage.cacheWriteTokens &&
    usage.reasoningTokens <= usage.outputTokens
  )
}

test('the prompt that the wire counts is the sum of its disjoint parts, there and back', () => {
  const count = fc.nat(1_000_000)

  fc.assert(
    fc.property(count, count, count, count, (inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens) => {
      const usage = {
        inputTokens,
        cacheReadTokens,
        cacheWriteTokens,
        cacheWrite1hTokens: 0,
        outputTokens,
        reasoningTokens: 0,
      }

      const wire = encodeUsage(usage, undefined)

      expect(wire.prompt_tokens).toBe(promptTokens(usage))
      expect(decodeUsage(wire)).toEqual(usage)
    }),
    { numRuns: RUNS },
  )
})

test('what usage says beyond tokens is carried', () => {
  const wire = { prompt_tokens: 1, completion_tokens: 1, cost: 0.5 }

  expect(encodeUsage(decodeUsage(wire), usageOpaque(wire)).cost).toBe(0.5)
})
